import type { SendRun, StreamLedger } from "@seqwatch/core";
import type { TopicSend } from "./topic-send.ts";

/** One stream that was refused for its sequence number, without a success since. */
interface Streak {
  count: number;
  /** Refused before it was clear that this is for good. */
  readonly runs: SendRun[];
}

/**
 * Notices an idempotent producer that is stuck in a partition: kafkajs's own count of the batches is behind the broker's,
 * and kafkajs asks for a new producer id only once in a producer's life (kafkajs: producer/eosManager). Every further
 * send there is refused, while those to other partitions go on.
 */
export class StuckWatch {
  readonly #streaks = new Map<StreamLedger, Streak>();

  /** Books the rejected send as stuck where it is; true the moment that it is first clear for one of its streams. */
  rejected(error: unknown, sends: readonly TopicSend[]): boolean {
    if (!isOutOfOrder(error)) return false;
    let isNew = false;
    for (const run of runsOf(sends)) {
      const streak = this.#streaks.get(run.ledger) ?? { count: 0, runs: [] };
      this.#streaks.set(run.ledger, streak);
      streak.count += 1;
      streak.runs.push(run);
      if (streak.count < stuckAfter) continue;
      isNew ||= streak.count === stuckAfter;
      for (const refused of streak.runs.splice(0)) refused.stuck();
    }
    return isNew;
  }

  resolved(sends: readonly TopicSend[]): void {
    if (this.#streaks.size === 0) return;
    for (const { ledger } of runsOf(sends)) this.#streaks.delete(ledger);
  }
}

function runsOf(sends: readonly TopicSend[]): readonly SendRun[] {
  return sends.flatMap(({ batches }) => batches.flatMap(({ run }) => (run === undefined ? [] : [run])));
}

function isOutOfOrder(error: unknown): boolean {
  return error instanceof Error && outOfOrder.has(String(Reflect.get(error, "type")));
}

/** With these a broker says that it has another idea of the producer's state. */
const outOfOrder = new Set(["OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID", "INVALID_PRODUCER_EPOCH"]);

/** A producer recovers from one or two of them by itself. */
export const stuckAfter = 3;
