import { connect, createServer, type Server, type Socket } from "node:net";
import type { ISocketFactory } from "kafkajs";
import { formatRefusal, parseProduceRequest } from "./produce-frames.ts";

/** A client's way to one broker: two sockets, and what the client still waits for. */
interface Line {
  readonly client: Socket;
  readonly broker: Socket;
  /** Correlation ids of the produce requests on their way. */
  readonly producing: Set<number>;
}

/** Kafka's number of a produce request (KIP-0, `ApiKeys`). */
const produceKey = 0;

/**
 * A bad network between a client and the brokers: it delays, cuts and swallows. It knows just enough of Kafka's frames to
 * lose the answer to one produce request after the broker has stored the batch.
 *
 * ```ts
 * const proxy = await KafkaProxy.start(lab.kafka.brokers);
 * const kafka = shop.kafka({}, { socketFactory: proxy.socketFactory });
 * ```
 */
export class KafkaProxy {
  readonly #servers: Server[] = [];
  /** Where the listener for a broker's port is. */
  readonly #ports = new Map<number, number>();
  readonly #lines = new Set<Line>();
  #lostAnswers: (() => void)[] = [];
  #refusals: number[] = [];
  #delayMs = (): number => 0;
  #isStalled = false;
  /** Requests and answers that a stall has swallowed. */
  swallowed = 0;

  static async start(brokers: readonly string[]): Promise<KafkaProxy> {
    const proxy = new KafkaProxy();
    for (const broker of brokers) await proxy.#listen(Number(broker.split(":").at(-1)));
    return proxy;
  }

  /** For the option of the same name of a Kafka object. */
  readonly socketFactory: ISocketFactory = ({ host, port, onConnect }) =>
    connect({ host, port: this.#ports.get(port) ?? port, noDelay: true }, onConnect);

  /** The next answer to a produce request is lost, and its connection with it. Resolves when that has happened. */
  async loseAnswer(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lostAnswers.push(resolve);
    await promise;
  }

  /** The next produce request never reaches its broker: it is answered with this error, as by one that stored nothing. */
  refuse(errorCode: number): void {
    this.#refusals.push(errorCode);
  }

  /** Refusals that no request has met yet. */
  get refusalsLeft(): number {
    return this.#refusals.length;
  }

  /** From now on each piece of data takes so long, at random; pieces of one connection keep their order. */
  jitter(fromMs: number, toMs: number): void {
    this.#delayMs = () => fromMs + Math.random() * (toMs - fromMs);
  }

  /** Ends all connections at once, in the middle of whatever they carry. */
  cut(): void {
    for (const line of this.#lines) end(line);
  }

  /** Half open: connections stand, new ones are accepted, and nothing goes through any more. */
  stall(): void {
    this.#isStalled = true;
  }

  /** Goes on; what was swallowed meanwhile is gone, and so are the connections that lack it. */
  flow(): void {
    this.#isStalled = false;
    this.#delayMs = () => 0;
    this.cut();
  }

  async close(): Promise<void> {
    this.cut();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  async #listen(brokerPort: number): Promise<void> {
    const server = createServer((client) => this.#join(client, brokerPort));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address !== null && typeof address === "object") this.#ports.set(brokerPort, address.port);
  }

  #join(client: Socket, brokerPort: number): void {
    const broker = connect({ host: "127.0.0.1", port: brokerPort, noDelay: true });
    const line: Line = { client, broker, producing: new Set() };
    this.#lines.add(line);
    for (const socket of [client, broker]) {
      socket.on("error", () => end(line));
      socket.on("close", () => {
        this.#lines.delete(line);
        end(line);
      });
    }
    this.#carry(client, broker, (frame) => this.#ask(line, frame));
    this.#carry(broker, client, (frame) => this.#answer(line, frame));
  }

  /** Passes on whole frames for which this holds. */
  #carry(from: Socket, to: Socket, passes: (frame: Buffer) => boolean): void {
    let rest = Buffer.alloc(0);
    let lastAtMs = 0;
    from.on("data", (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const frame = rest.subarray(0, 4 + rest.readInt32BE(0));
        rest = rest.subarray(frame.length);
        if (this.#isStalled) this.swallowed += 1;
        if (this.#isStalled || !passes(frame)) continue;
        const nowMs = performance.now();
        lastAtMs = Math.max(lastAtMs, nowMs + this.#delayMs());
        if (lastAtMs <= nowMs) to.write(frame);
        else setTimeout(() => to.writable && to.write(frame), lastAtMs - nowMs);
      }
    });
  }

  #ask(line: Line, frame: Buffer): boolean {
    if (frame.readInt16BE(4) !== produceKey) return true;
    const errorCode = this.#refusals.shift();
    if (errorCode === undefined) {
      line.producing.add(frame.readInt32BE(8));
      return true;
    }
    line.client.write(formatRefusal(parseProduceRequest(frame), errorCode));
    return false;
  }

  #answer(line: Line, frame: Buffer): boolean {
    if (!line.producing.delete(frame.readInt32BE(4))) return true;
    const lost = this.#lostAnswers.shift();
    if (lost === undefined) return true;
    end(line);
    lost();
    return false;
  }
}

function end({ client, broker }: Line): void {
  client.destroy();
  broker.destroy();
}
