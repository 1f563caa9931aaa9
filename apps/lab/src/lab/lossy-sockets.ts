import net, { type Socket } from "node:net";
import type { ISocketFactory } from "kafkajs";

/** Sockets that lose an answer when they are told to, as a network does that breaks at the wrong moment. */
export interface LossySockets {
  readonly create: ISocketFactory;
  /** The broker stores what is produced next, and its answer never arrives: the connection breaks instead. */
  loseNextAnswer(): void;
}

/** The first bytes of a produce request behind its length: API key 0 (Kafka protocol guide). */
const produceKey = 0;

export function lossySockets(): LossySockets {
  let isArmed = false;
  return {
    loseNextAnswer: () => {
      isArmed = true;
    },
    create: ({ host, port, onConnect }) => {
      const socket: Socket = net.connect({ host, port }, onConnect);
      const write = socket.write.bind(socket);
      Reflect.set(socket, "write", (chunk: Buffer, ...rest: unknown[]): boolean => {
        if (isArmed && Buffer.isBuffer(chunk) && chunk.length > 6 && chunk.readInt16BE(4) === produceKey) {
          isArmed = false;
          breakAtAnswer(socket);
        }
        return Boolean(Reflect.apply(write, socket, [chunk, ...rest]));
      });
      return socket;
    },
  };
}

/** Nothing that comes from now on reaches the client; with it the connection ends. */
function breakAtAnswer(socket: Socket): void {
  socket.removeAllListeners("data");
  socket.once("data", () => socket.destroy(new Error("The connection broke.")));
}
