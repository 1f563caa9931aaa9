import type { SendRun } from "@seqwatch/core";
import { AckMissingError, type MissingMessage } from "./errors.ts";
import type { RecordMetadataPort, SendBatchPort, SenderPort, TopicMessagesPort } from "./port.ts";
import { bookCoverage, coverageOf } from "./send-outcome.ts";
import { sequencesOf } from "./streams.ts";
import { cloneOf, type PartitionBatch, PinnedPartition, type TopicSend } from "./topic-send.ts";
import type { WatchedProducer } from "./watched-producer.ts";

/** A partition that a send was stamped for and that its answer left out. */
export interface Omission {
  readonly send: TopicSend;
  readonly batch: PartitionBatch;
  readonly run: SendRun;
}

interface OmissionSurroundings {
  readonly answer: readonly RecordMetadataPort[];
  readonly original: SenderPort;
  /** acks, timeout and compression of the send, for a resend. */
  readonly settings: SendBatchPort;
  readonly producer: WatchedProducer;
}

/** Does with omissions what `onAckMissing` says, and gives the answer that the application gets. */
export async function settleOmissions(
  omissions: readonly Omission[],
  surroundings: OmissionSurroundings,
): Promise<readonly RecordMetadataPort[]> {
  const { producer, answer } = surroundings;
  const { onAckMissing } = producer.surroundings.settings;
  if (onAckMissing === "resend") return await resend(omissions, surroundings);
  if (onAckMissing === "reject") throw giveUp(omissions, producer, undefined);
  bookOmitted(omissions, producer);
  return answer;
}

/** Books what a resolved send left out, and says so at once. */
export function bookOmitted(omissions: readonly Omission[], producer: WatchedProducer): void {
  producer.guard("booking an omission", () => {
    for (const { run } of omissions) run.omitted();
    tell(omissions, producer);
  });
}

/** The application learns of it by a rejection, so it is promised nothing: uncertain. */
function giveUp(omissions: readonly Omission[], producer: WatchedProducer, cause: unknown): AckMissingError {
  producer.guard("booking an omission", () => {
    for (const { run } of omissions) run.uncertain();
    tell(omissions, producer);
  });
  return new AckMissingError(omissions.flatMap(missingMessagesOf), cause === undefined ? undefined : { cause });
}

/**
 * Sends the missing messages again, to the same partitions and with the same stamps, until they are covered or the
 * client's own retries are used up. Metadata comes first: a stale client would leave them out again without a word.
 */
async function resend(
  omissions: readonly Omission[],
  surroundings: OmissionSurroundings,
): Promise<readonly RecordMetadataPort[]> {
  const { producer } = surroundings;
  const { retries, firstRetryMs, client } = producer.surroundings;
  let answer = surroundings.answer;
  let missing = omissions;
  let cause: unknown;
  for (let round = 0; round <= retries && missing.length > 0 && cause === undefined; round += 1) {
    if (round > 0) await pause(client.host, Math.min(maxPauseMs, firstRetryMs * 2 ** (round - 1)));
    try {
      if (!(await canBeSent(missing, producer))) break;
      const more = await sendOnce(missing, surroundings);
      answer = [...answer, ...more];
      missing = missing.filter(({ send, batch, run }) => {
        const coverage = coverageOf(send.topic, batch.partition, more);
        run.retried();
        bookCoverage(run, coverage);
        return coverage.kind === "omitted";
      });
    } catch (error) {
      cause = error;
    }
  }
  if (missing.length > 0) throw giveUp(missing, producer, cause);
  return answer;
}

/** Refreshes the metadata; false where a partition is not there at all, so that no resend can help. */
async function canBeSent(omissions: readonly Omission[], producer: WatchedProducer): Promise<boolean> {
  const { cluster } = producer.surroundings;
  if (cluster === undefined) return true;
  await cluster.refreshMetadata();
  return omissions.every(({ send, batch }) =>
    cluster.findTopicPartitionMetadata(send.topic).some(({ partitionId }) => partitionId === batch.partition),
  );
}

async function sendOnce(
  omissions: readonly Omission[],
  { original, settings }: OmissionSurroundings,
): Promise<readonly RecordMetadataPort[]> {
  const { acks, ...rest } = settings;
  const topicMessages: TopicMessagesPort[] = omissions.map(({ send, batch }) => {
    const pinned = new PinnedPartition(batch.partition);
    const messages = batch.indexes.flatMap((index) => {
      const stamped = send.clones[index];
      return stamped === undefined ? [] : [Object.assign(cloneOf(stamped, pinned), { partition: batch.partition })];
    });
    return { topic: send.topic, messages };
  });
  return await original.sendBatch({ ...rest, ...(acks === undefined ? {} : { acks }), topicMessages });
}

function tell(omissions: readonly Omission[], producer: WatchedProducer): void {
  const { client, streams } = producer.surroundings;
  for (const { run } of omissions) {
    const { lane, producerId } = run.ledger;
    const references = streams.references.keep(run.ledger, run.sequences).map(({ text }) => text);
    client.notice({ kind: "omitted", lane, producerId, sequences: [...run.sequences], references });
    streams.announce(run.ledger);
  }
}

function missingMessagesOf({ send, batch, run }: Omission): MissingMessage[] {
  const sequences = sequencesOf(run);
  return batch.indexes.flatMap((index, at) => {
    const message = send.originals[index];
    const sequence = sequences[at];
    return message === undefined || sequence === undefined
      ? []
      : [{ topic: send.topic, partition: batch.partition, sequence, message }];
  });
}

function pause(host: { hold(delayMs: number, run: () => void): unknown }, delayMs: number): Promise<void> {
  return new Promise((resolve) => void host.hold(delayMs, resolve));
}

const maxPauseMs = 30_000;
