import { connect, type Socket } from "node:net";
import type { ISocketFactory } from "kafkajs";

/**
 * The connections of one Kafka client, to be held up: what it sends can stay in its own buffers, and what the brokers
 * answer can stay unread.
 *
 * ```ts
 * const sockets = new HeldSockets();
 * const kafka = shop.kafka({}, { socketFactory: sockets.factory });
 * ```
 */
export class HeldSockets {
  readonly #open = new Set<Socket>();

  /** For the option `socketFactory` of a Kafka object. */
  readonly factory: ISocketFactory = ({ host, port, onConnect }) => {
    const socket = connect({ host, port, noDelay: true }, onConnect);
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    return socket;
  };

  /** From now on nothing leaves the process. */
  holdRequests(): void {
    for (const socket of this.#open) socket.cork();
  }

  /** From now on no answer is read, though the brokers give them. */
  holdAnswers(): void {
    for (const socket of this.#open) socket.pause();
  }

  /** Ends the connections, with whatever was held. Without an error kafkajs would not notice. */
  cut(): void {
    for (const socket of this.#open) socket.destroy(new Error("The connection was cut."));
  }
}
