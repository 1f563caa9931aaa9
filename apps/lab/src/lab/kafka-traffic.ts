import type { Message, Producer } from "kafkajs";
import type { Ground } from "./ground.ts";
import { pace } from "./load-pace.ts";

/** What became of a send, as its application was told. */
type Outcome = "resolved" | "rejected" | "on its way";

interface TrafficWish {
  readonly topic: string;
  readonly producer: Producer;
  /** The messages of the next send of a loop. They are called by their text. */
  readonly next: (loop: number) => Message[];
  readonly loops: number;
  /** Between the answer to one send of a loop and the next send. */
  readonly pauseMs: number;
  /** Told of each send that resolved, with what it sent. */
  readonly answered?: (names: readonly string[]) => void;
}

/** Traffic as an application makes it, in loops side by side, and the book of what its sends came to. */
export class KafkaTraffic {
  readonly outcomes = new Map<string, Outcome>();
  readonly #ground: Ground;
  readonly #loops: Promise<void>[] = [];
  #isOver = false;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  start(wish: TrafficWish): void {
    for (let loop = 0; loop < wish.loops; loop += 1) this.#loops.push(this.#run(wish, loop));
  }

  /** How many messages were answered so far, one way or the other. */
  get settledCount(): number {
    return this.#named("resolved").length + this.#named("rejected").length;
  }

  /** Ends the loops once their sends are settled. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  /** What is true of the messages, by the log of their topic: lost though told as sent, and not sent though wished to. */
  async truth(
    topic: string,
  ): Promise<{ readonly lost: string[]; readonly unsent: string[]; readonly stored: ReadonlySet<string> }> {
    const stored = new Set((await this.#ground.kafka.stored(topic)).map(({ name }) => name));
    const missing = (names: readonly string[]) => names.filter((name) => !stored.has(name));
    return { lost: missing(this.#named("resolved")), unsent: missing(this.#named("rejected")), stored };
  }

  #named(outcome: Outcome): string[] {
    return [...this.outcomes].flatMap(([name, known]) => (known === outcome ? [name] : []));
  }

  async #run({ topic, producer, next, pauseMs, answered }: TrafficWish, loop: number): Promise<void> {
    while (!this.#isOver) {
      const messages = next(loop);
      const names = messages.map(({ value }) => String(value));
      for (const name of names) this.outcomes.set(name, "on its way");
      const [outcome] = await Promise.allSettled([producer.send({ topic, messages })]);
      const isResolved = outcome.status === "fulfilled";
      if (isResolved) answered?.(names);
      for (const name of names) this.outcomes.set(name, isResolved ? "resolved" : "rejected");
      await pace(pauseMs);
    }
  }
}

/** Messages with keys, so that they spread over the partitions, each called by a number of its own. */
export function keyedMessages(service: string, count: number): () => Message[] {
  let sent = 0;
  return () =>
    Array.from({ length: count }, () => {
      sent += 1;
      return { key: `key-${sent % 997}`, value: `${service}|keyed|${sent}` };
    });
}
