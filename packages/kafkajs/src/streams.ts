import { Chain, type Client, type Registration, type Reporter } from "@seqwatch/client";
import { keepWithinBudget, type Lane, type LedgerReport, type SendRun, StreamLedger } from "@seqwatch/core";
import { LedgerAuthor, type LedgerSurroundings } from "./ledger-author.ts";
import { References } from "./references.ts";

/** A stream of this process: its ledger and the producers that write to it. */
interface Stream {
  readonly ledger: StreamLedger;
  readonly chain: Chain<LedgerReport>;
  /** Nearly always one. */
  readonly users: object[];
}

/**
 * All Kafka streams of one client under its one producerId, and their reports. Two producers of a process share the
 * stream of a lane; it ends when the last of them disconnects.
 */
export class Streams implements Reporter {
  readonly references: References;
  readonly #client: Client;
  readonly #registration: Registration;
  readonly #streams = new Map<string, Stream>();
  /** With news that an auditor is to see at once. */
  readonly #announced = new Set<StreamLedger>();
  #producerId: string;
  #isFullTold = false;
  /** One for all streams: there may be thousands. */
  readonly #surroundings: LedgerSurroundings;
  readonly #newNonce: () => string;

  constructor(client: Client, referenceCount: number) {
    this.#client = client;
    this.references = new References(referenceCount);
    this.#producerId = client.newProducerId();
    this.#newNonce = () => client.newNonce();
    this.#surroundings = {
      store: client.store,
      references: this.references,
      clientId: () => client.clientId,
      nowMs: () => client.host.nowMs(),
      cloned: (producerId) => this.#drawNewId(producerId),
    };
    this.#registration = client.register("producer", this);
    client.onRecordingChange(() => this.#endThoseOff());
  }

  /** A run for the next messages of `user` in a partition; undefined when no further stream may be opened. */
  openRun(user: object, lane: Lane): SendRun | undefined {
    return this.#streamOf(user, lane)?.ledger.openRun();
  }

  bookUnaudited(user: object, lane: Lane, count: number): void {
    this.#streamOf(user, lane)?.ledger.bookUnaudited(count);
  }

  /** The user is done: streams that nobody else in this process writes to are ended. */
  release(user: object): void {
    for (const stream of this.#streams.values()) {
      const at = stream.users.indexOf(user);
      if (at < 0) continue;
      stream.users.splice(at, 1);
      if (stream.users.length === 0) stream.ledger.end();
    }
    this.#registration.soon();
  }

  /** Booking went wrong: nothing is concluded from what any of these ledgers lacks. */
  distrust(): void {
    for (const { ledger } of this.#streams.values()) ledger.distrust();
  }

  reportSoon(): void {
    this.#registration.soon();
  }

  /** At once, and auditors are told to look at the stream's lane then. */
  announce(ledger: StreamLedger): void {
    this.#announced.add(ledger);
    this.#registration.soon();
  }

  async reportNow(): Promise<void> {
    await this.#registration.now();
  }

  isUnderLoad(): boolean {
    return false;
  }

  /** Writes every stream that has news, some at a time; a stream whose report fails does not keep the others back. */
  async report(): Promise<void> {
    const nowMs = this.#client.host.nowMs();
    keepWithinBudget([...this.#streams.values()].map(({ ledger }) => ledger));
    const pending = [...this.#streams.values()].filter(({ ledger, chain }) => {
      ledger.age(nowMs, outcomeLimitMs);
      return chain.hasNews;
    });
    // The last one is taken first.
    pending.sort((a, b) => Number(this.#announced.has(a.ledger)) - Number(this.#announced.has(b.ledger)));
    const failures: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (let stream = pending.pop(); stream !== undefined; stream = pending.pop()) {
        try {
          await stream.chain.advance();
          if (this.#announced.delete(stream.ledger)) await this.#client.store.announceLane(stream.ledger.lane);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: parallelReports }, worker));
    if (failures.length > 0) throw failures[0];
  }

  lastWords(): void {
    for (const { chain } of this.#streams.values()) chain.lastWords();
  }

  #streamOf(user: object, lane: Lane): Stream | undefined {
    const key = `${lane.cluster}\0${lane.destination}\0${lane.partition}`;
    const known = this.#streams.get(key);
    const stream = known ?? this.#open(key, lane);
    if (stream !== undefined && !stream.users.includes(user)) stream.users.push(user);
    return stream;
  }

  #open(key: string, lane: Lane): Stream | undefined {
    if (this.#streams.size >= maxStreams) {
      this.#tellFull(lane);
      return undefined;
    }
    const users: object[] = [];
    const ledger = new StreamLedger(lane, this.#producerId, { confirms: true });
    const author = new LedgerAuthor(ledger, users, this.#surroundings);
    const stream = { ledger, chain: new Chain(author, this.#newNonce), users };
    this.#streams.set(key, stream);
    return stream;
  }

  /** Another process writes under our id: what was sent under it stays in doubt, what comes now is under a new one. */
  #drawNewId(clonedId: string): void {
    if (clonedId !== this.#producerId) return;
    this.#producerId = this.#client.newProducerId();
    this.#client.renewClientId();
    for (const stream of this.#streams.values()) this.references.forget(stream.ledger);
    this.#streams.clear();
  }

  #endThoseOff(): void {
    for (const { ledger } of this.#streams.values()) {
      if (!this.#client.isRecording(ledger.lane.destination)) ledger.end();
    }
    this.#registration.soon();
  }

  #tellFull(lane: Lane): void {
    if (this.#isFullTold) return;
    this.#isFullTold = true;
    const text = `More than ${maxStreams} partitions are written to; ${lane.destination}/${lane.partition} and further ones are not watched.`;
    this.#client.notice({ kind: "warning", code: "too-many-streams", text });
  }
}

const maxStreams = 10_000;
const outcomeLimitMs = 60_000;
const parallelReports = 16;

/** The sequences of a run that lie in one answer. */
export function sequencesOf(run: SendRun): readonly number[] {
  const all: number[] = [];
  for (let at = 0; at + 1 < run.sequences.length; at += 2) {
    for (let sequence = run.sequences[at] ?? 0; sequence <= (run.sequences[at + 1] ?? -1); sequence += 1)
      all.push(sequence);
  }
  return all;
}
