import { hash } from "node:crypto";
import type { Held } from "./queue-consumer.ts";

/** What the newest messages that were processed here had in them, by queue, stream and sequence. */
const maxRemembered = 10_000;

/**
 * With `onDuplicate: "skip"`: knows what this process has processed, so that the handler need not run for it again.
 * Where anything is unclear it runs: to skip what nobody has processed is worse than a double. A stamp alone proves
 * nothing, for it may be forged or copied: the content has to be the same, too.
 */
export class DuplicateGuard {
  readonly #remembered = new Map<string, string>();

  /** A delivery's own mark, to be kept until it is known what became of it. */
  markOf(held: Held, content: unknown): Mark {
    const { account, producerId, sequence } = held;
    const key = JSON.stringify([account.queue, account.lane.destination, account.lane.partition, producerId, sequence]);
    return { key, digest: content instanceof Uint8Array ? hash("sha1", content, "base64") : "" };
  }

  processed({ key, digest }: Mark): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, digest);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > maxRemembered && oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** Never for a dead letter that came back: whoever sent it back wants it worked. */
  mustSkip(held: Held, { key, digest }: Mark, headers: Readonly<Record<string, unknown>> | undefined): boolean {
    if (held.account.isDoubted || headers?.["x-death"] !== undefined) return false;
    return digest !== "" && this.#remembered.get(key) === digest;
  }
}

/** Names a message and what is in it. */
export interface Mark {
  readonly key: string;
  readonly digest: string;
}
