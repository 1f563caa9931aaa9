import { hash } from "node:crypto";
import { copyHeader, type Lane } from "@seqwatch/core";

/** The newest messages that were processed here, by queue, stream and sequence. */
const maxRemembered = 10_000;

/**
 * With `onDuplicate: "skip"`: knows what this process has processed, so that the handler need not run for its
 * producer's other copy. Where anything is unclear it runs: to skip what nobody has processed is worse than a double.
 *
 * A stamp alone proves nothing, for it is copied along: an application that cannot work a message puts it, headers and
 * all, into a queue of its own and acknowledges it, and whoever moves it back wants it worked. Nor does the broker's
 * "redelivered": that one, too, may have been given to somebody before. So it takes the number that the producer itself
 * gives each copy that it publishes: another one than any that was processed here, with the same content.
 */
export class DuplicateGuard {
  readonly #remembered = new Map<string, Processed>();

  /** A delivery's own mark, to be kept until it is known what became of it. */
  markOf(held: Delivered, content: unknown, headers: Headers): Mark {
    const { account, producerId, sequence } = held;
    const key = JSON.stringify([account.queue, account.lane.destination, account.lane.partition, producerId, sequence]);
    const digest = content instanceof Uint8Array ? hash("sha1", content, "base64") : "";
    return { key, digest, copy: copyOf(headers?.[copyHeader]) };
  }

  processed({ key, digest, copy }: Mark): void {
    if (digest === "" || copy === undefined) return;
    const before = this.#remembered.get(key);
    const copies = before?.digest === digest ? before.copies : new Set<number>();
    this.#remembered.delete(key);
    this.#remembered.set(key, { digest, copies: copies.add(copy) });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > maxRemembered && oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** Never for a dead letter that came back: whoever sent it back wants it worked. */
  mustSkip(held: Delivered, { key, digest, copy }: Mark, headers: Headers): boolean {
    if (held.account.isDoubted || headers?.["x-death"] !== undefined || copy === undefined) return false;
    const known = this.#remembered.get(key);
    return known?.digest === digest && !known.copies.has(copy);
  }
}

/** What a guard asks of a delivery. */
export interface Delivered {
  readonly account: { readonly queue: string; readonly lane: Lane; readonly isDoubted: boolean };
  readonly producerId: string;
  readonly sequence: number;
}

/** Names a message, what is in it, and which of its producer's copies it is; undefined = not to be told. */
export interface Mark {
  readonly key: string;
  readonly digest: string;
  readonly copy: number | undefined;
}

interface Processed {
  readonly digest: string;
  readonly copies: Set<number>;
}

type Headers = Readonly<Record<string, unknown>> | undefined;

function copyOf(header: unknown): number | undefined {
  if (header === undefined) return 1;
  return typeof header === "string" && copyPattern.test(header) ? Number(header) : undefined;
}

/** A producer gives up long before. */
const copyPattern = /^[1-9]\d{0,2}$/;
