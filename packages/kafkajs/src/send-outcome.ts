import type { SendRun, VoidReason } from "@seqwatch/core";
import type { RecordMetadataPort } from "./port.ts";
import type { TopicSend } from "./topic-send.ts";

/** What the broker's answer says of one partition of a send. */
export type Coverage =
  | { readonly kind: "placed"; readonly baseOffset: number }
  /** Covered, but at no usable offset: −1, or two answers for one partition. */
  | { readonly kind: "somewhere"; readonly isDouble: boolean }
  | { readonly kind: "omitted" };

/** Finds a partition in the answer to a send. */
export function coverageOf(topic: string, partition: number, answer: readonly RecordMetadataPort[]): Coverage {
  let found: RecordMetadataPort | undefined;
  for (const entry of answer) {
    if (entry.partition !== partition || entry.topicName !== topic) continue;
    if (found !== undefined) return { kind: "somewhere", isDouble: true };
    found = entry;
  }
  if (found === undefined) return { kind: "omitted" };
  const baseOffset = Number(found.baseOffset ?? -1);
  return Number.isSafeInteger(baseOffset) && baseOffset >= 0
    ? { kind: "placed", baseOffset }
    : { kind: "somewhere", isDouble: false };
}

/** Books what an answer says; "omitted" is left to the caller, who may send again. */
export function bookCoverage(run: SendRun, coverage: Coverage): void {
  if (coverage.kind === "placed") run.acked(coverage.baseOffset);
  if (coverage.kind === "somewhere") {
    if (coverage.isDouble) run.retried();
    run.ackedSomewhere();
  }
}

/**
 * Why nothing of a rejected send can have been stored; undefined = it may have been. It certainly was not only where all
 * its messages were in one batch, went out once, and the error says that it was refused; of several batches an error does
 * not say which one it speaks of.
 */
export function reasonOf(error: unknown, sends: readonly TopicSend[]): VoidReason | undefined {
  const batchCount = sends.reduce((sum, { batches }) => sum + batches.length, 0);
  const isRetried = sends.some(({ retryCount }) => retryCount > 0);
  if (batchCount !== 1 || isRetried || !(error instanceof Error)) return undefined;
  const type: unknown = Reflect.get(error, "type");
  if (type === "MESSAGE_TOO_LARGE" || type === "RECORD_LIST_TOO_LARGE") return "too-large";
  if (typeof type === "string" && refusals.has(type)) return "rejected";
  return isUnwritable(error, sends) ? "refused" : undefined;
}

/** What kafkajs's encoder says to a header or value that it cannot write: nothing has left the process. */
function isUnwritable(error: Error, sends: readonly TopicSend[]): boolean {
  if (Reflect.get(error, "code") === "ERR_INVALID_ARG_TYPE") return true;
  return error instanceof TypeError && sends.some(({ originals }) => originals.some(({ headers }) => headers === null));
}

/** Errors with which a broker answers before it appends anything. */
const refusals = new Set([
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  "INVALID_TOPIC_EXCEPTION",
  "INVALID_REQUIRED_ACKS",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
  "POLICY_VIOLATION",
]);

/** Books a rejected send. */
export function bookRejection(error: unknown, sends: readonly TopicSend[]): void {
  const reason = reasonOf(error, sends);
  for (const { run } of sends.flatMap((send) => send.batches)) {
    if (reason === undefined) run?.uncertain();
    else run?.voided(reason);
  }
}

/** Whether our stamps may be what was too much: then nothing is stored, and the messages may go out without them. */
export function isTooLargeStamped(error: unknown, sends: readonly TopicSend[]): boolean {
  const isStamped = sends.some((send) => send.batches.some(({ run }) => run !== undefined));
  return isStamped && reasonOf(error, sends) === "too-large";
}
