import {
  addRange,
  type Lane,
  type LogExtract,
  type LoggedStamp,
  type LogRange,
  laneHashOf,
  StampReader,
  stampHeader,
} from "@seqwatch/core";
import { AbortedTransactions } from "./aborted-transactions.ts";
import type { BrokerPort } from "./cluster.ts";
import { at, listAt, numberAt } from "./untyped.ts";

export interface ExtractLimits {
  readonly logStart: number;
  /** Records at or above it are not decided yet. */
  readonly lastStableOffset: number;
  readonly maxRecords: number;
  readonly untilMs: number;
  readonly nowMs: () => number;
}

/**
 * Reads the wanted ranges of a log below its last stable offset, committed records only. An extract ends where the
 * limits or a damaged log ended it: it never claims an offset that was not read.
 */
export async function extractLog(
  broker: BrokerPort,
  lane: Lane,
  wanted: readonly LogRange[],
  limits: ExtractLimits,
): Promise<readonly LogExtract[]> {
  const extracts: LogExtract[] = [];
  let recordCount = 0;
  for (const range of wanted) {
    const first = Math.max(range.first, limits.logStart);
    const last = Math.min(range.last, limits.lastStableOffset - 1);
    if (first > last || recordCount >= limits.maxRecords || limits.nowMs() >= limits.untilMs) continue;
    const extract = new Extract(lane, first);
    await fill(extract, broker, lane, last, { ...limits, maxRecords: limits.maxRecords - recordCount });
    recordCount += extract.recordCount;
    if (extract.last >= first) extracts.push(extract.toValue());
  }
  return extracts;
}

async function fill(
  extract: Extract,
  broker: BrokerPort,
  lane: Lane,
  last: number,
  limits: ExtractLimits,
): Promise<void> {
  while (extract.last < last && extract.recordCount < limits.maxRecords && limits.nowMs() < limits.untilMs) {
    const next = extract.last + 1;
    const partition = { partition: Number(lane.partition), fetchOffset: String(next), maxBytes: fetchBytes };
    const answer = await broker.fetch({
      replicaId: -1,
      isolationLevel: 1,
      maxWaitTime: 0,
      minBytes: 0,
      maxBytes: fetchBytes,
      topics: [{ topic: lane.destination, partitions: [partition] }],
    });
    extract.take(listAt(listAt(answer, "responses")[0], "partitions")[0], last, limits.maxRecords);
    // A batch that compaction emptied, or one that is cut on disk, would come again for ever.
    if (extract.last < next) return;
  }
}

class Extract {
  readonly #laneHash: string;
  readonly #first: number;
  /** The last offset up to which everything was read. */
  last: number;
  recordCount = 0;
  readonly #reader = new StampReader();
  readonly #stamps: LoggedStamp[] = [];
  readonly #aborted: LoggedStamp[] = [];
  readonly #unstamped: number[] = [];
  readonly #undelivered: number[] = [];
  readonly #epochs: { epoch: number; first: number; last: number }[] = [];

  constructor(lane: Lane, first: number) {
    this.#laneHash = laneHashOf(lane);
    this.#first = first;
    this.last = first - 1;
  }

  /** Whole batches come, so records before the position are dropped, also those below the log start. */
  take(partition: unknown, last: number, maxRecords: number): void {
    const aborted = new AbortedTransactions(listAt(partition, "abortedTransactions"));
    for (const message of listAt(partition, "messages")) {
      const offset = numberAt(message, "offset");
      const isCommitted = aborted.isCommitted(message, offset);
      if (offset <= this.last || offset > last) continue;
      if (this.recordCount >= maxRecords) return;
      this.recordCount += 1;
      this.last = offset;
      this.#seeEpoch(offset, numberAt(at(message, "batchContext"), "partitionLeaderEpoch"));
      if (isCommitted) this.#see(message, offset);
      else this.#seeAborted(message, offset);
    }
    // The records behind the wanted range show that nothing lies between.
    const newest = numberAt(listAt(partition, "messages").at(-1), "offset");
    if (newest > last) this.last = last;
  }

  toValue(): LogExtract {
    const aborted = this.#aborted.length === 0 ? {} : { aborted: this.#aborted };
    const undelivered = this.#undelivered.length === 0 ? {} : { undelivered: this.#undelivered };
    const records = { stamps: this.#stamps, unstamped: this.#unstamped, ...aborted, ...undelivered };
    return { first: this.#first, last: this.last, ...records, epochs: this.#epochs };
  }

  #see(message: unknown, offset: number): void {
    const stamp = this.#stampOf(message, offset);
    if (stamp === undefined) addRange(this.#unstamped, offset, offset);
    else this.#stamps.push(stamp);
  }

  /** Control records are met here as well: they bear no stamp. */
  #seeAborted(message: unknown, offset: number): void {
    addRange(this.#undelivered, offset, offset);
    const stamp = this.#stampOf(message, offset);
    if (stamp !== undefined) this.#aborted.push(stamp);
  }

  #stampOf(message: unknown, offset: number): LoggedStamp | undefined {
    const sequence = this.#reader.read(at(at(message, "headers"), stampHeader));
    if (sequence === 0 || this.#reader.laneHash !== this.#laneHash) return undefined;
    const epoch = this.#epochs.at(-1)?.epoch ?? -1;
    return { producerId: this.#reader.producerId, sequence, offset, epoch, ...forPeople(message) };
  }

  #seeEpoch(offset: number, epoch: number): void {
    const run = this.#epochs.at(-1);
    if (run?.epoch === epoch) run.last = offset;
    else this.#epochs.push({ epoch: Number.isNaN(epoch) ? -1 : epoch, first: offset, last: offset });
  }
}

/** Where in time and in which trace the record was: what a finding beside it can link to. */
function forPeople(message: unknown): Pick<LoggedStamp, "timestampMs" | "traceparent"> {
  const timestampMs = numberAt(message, "timestamp");
  const traceparent = at(at(message, "headers"), "traceparent");
  const hasTrace = Buffer.isBuffer(traceparent) && traceparent.length === traceparentBytes;
  return {
    ...(timestampMs >= 0 ? { timestampMs } : {}),
    ...(hasTrace ? { traceparent: traceparent.toString("latin1") } : {}),
  };
}

/** W3C Trace Context: version, trace id, parent id and flags in hexadecimal. */
const traceparentBytes = 55;
const fetchBytes = 262_144;
