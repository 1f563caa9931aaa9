import { bookOmitted, type Omission } from "./omissions.ts";
import type { RecordMetadataPort, SenderPort, TransactionPort } from "./port.ts";
import type { TopicSend } from "./topic-send.ts";
import { bookAnswer, type OutcomeTaker, type WatchedProducer } from "./watched-producer.ts";

/** A send within a transaction, with the answer it got. */
interface Held {
  readonly sends: readonly TopicSend[];
  /** undefined = it was rejected. */
  readonly answer: readonly RecordMetadataPort[] | undefined;
}

/**
 * Watches one transaction in place. Its sends resolve long before anybody may count on them: outcomes are booked when
 * the commit or abort has been answered, and not at all if neither is (they become uncertain by age).
 */
export function watchTransaction(transaction: TransactionPort, producer: WatchedProducer): TransactionPort {
  const original: SenderPort = {
    send: transaction.send.bind(transaction),
    sendBatch: transaction.sendBatch.bind(transaction),
  };
  const held: Held[] = [];
  const taker: OutcomeTaker = {
    resolved: async (sends, answer) => {
      held.push({ sends, answer });
      return answer;
    },
    rejected: (sends) => void held.push({ sends, answer: undefined }),
  };
  transaction.send = (record) => producer.send(record, original, taker);
  transaction.sendBatch = (batch) => producer.sendBatch(batch, original, taker);
  // What was committed is committed: our books must not tell the application otherwise.
  const end = (name: "commit" | "abort", book: () => void): void => endBy(transaction, name, producer, { held, book });
  end("commit", () => bookCommitted(held, producer));
  end("abort", () => bookAborted(held));
  return transaction;
}

/** Books the outcome of the whole when `commit` or `abort` has settled. A refused one may still have been written. */
function endBy(
  transaction: TransactionPort,
  name: "commit" | "abort",
  producer: WatchedProducer,
  { held, book }: { readonly held: Held[]; readonly book: () => void },
): void {
  const original = transaction[name].bind(transaction);
  transaction[name] = async () => {
    const isFirst = held.length > 0;
    try {
      await original();
    } catch (error) {
      producer.guard("booking a transaction", () => bookUncertain(held));
      throw error;
    }
    if (isFirst) producer.guard("booking a transaction", book);
    held.length = 0;
  };
}

function bookUncertain(held: readonly Held[]): void {
  for (const { sends } of held) for (const send of sends) for (const { run } of send.batches) run?.uncertain();
}

function bookCommitted(held: readonly Held[], producer: WatchedProducer): void {
  const omissions: Omission[] = [];
  for (const { sends, answer } of held) {
    if (answer !== undefined) {
      omissions.push(...bookAnswer(sends, answer, false));
      continue;
    }
    for (const send of sends) for (const { run } of send.batches) run?.uncertain();
  }
  if (omissions.length > 0) bookOmitted(omissions, producer);
}

function bookAborted(held: readonly Held[]): void {
  for (const { sends } of held) for (const send of sends) for (const { run } of send.batches) run?.voided("aborted");
}
