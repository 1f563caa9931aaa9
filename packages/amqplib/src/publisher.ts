import { type Client, createNameHider, type Registration } from "@seqwatch/client";
import { keepWithinBudget, type Lane, type Reference } from "@seqwatch/core";
import type { Confirms } from "./confirms.ts";
import { inGroups } from "./in-groups.ts";
import { LaneTable } from "./lane-table.ts";
import type { AmqpSettings } from "./options.ts";
import { OutStream } from "./out-stream.ts";
import { OverdueConfirms } from "./overdue-confirms.ts";
import { createPartitionOf, type PartitionOf } from "./partition.ts";
import { References } from "./references.ts";

/** Streams of one producerId. Channels with and without confirms are two producers: a ledger is one or the other. */
interface Family {
  readonly confirms: boolean;
  producerId: string;
  /** A stream was closed under the id: it opens no further one, so that no sequence is ever given out twice. */
  isSpent: boolean;
  readonly byCluster: Map<string, LaneTable<OutStream>>;
}

/** The streams of a client, whatever the connection or channel that a message takes. */
export class Publisher {
  readonly references = new References<OutStream>();
  readonly #client: Client;
  readonly #registration: Registration;
  readonly #partitionOf: PartitionOf;
  readonly #reference: AmqpSettings["reference"];
  readonly #hide: (name: string) => string;
  readonly #families: readonly [plain: Family, confirming: Family];
  readonly #overdue: OverdueConfirms;
  readonly #confirmWithinMs: number;
  #streamCount = 0;
  #refusedCount = 0;
  #hasWarnedOfPlain = false;

  constructor(client: Client, settings: AmqpSettings) {
    this.#client = client;
    this.#partitionOf = createPartitionOf(settings, client);
    this.#reference = settings.reference;
    this.#hide = createNameHider(settings.hideNames?.secret);
    this.#confirmWithinMs = settings.confirmWithinMs ?? defaultConfirmWithinMs;
    this.#overdue = new OverdueConfirms(client, this.#confirmWithinMs);
    this.#families = [this.#createFamily(false), this.#createFamily(true)];
    this.#registration = client.register("producer", {
      report: () => this.#report(),
      lastWords: () => this.#lastWords(),
      isUnderLoad: () => false,
    });
    client.onRecordingChange(() => this.#endUnrecorded());
  }

  /** Messages that went out unaudited because there were too many streams. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** A channel with confirms, for as long as it is open. */
  watchConfirms(channel: object, confirms: Confirms): void {
    this.#overdue.watch(channel, confirms);
  }

  forgetConfirms(confirms: Confirms | undefined): void {
    if (confirms !== undefined) this.#overdue.forget(confirms);
  }

  /** Nobody will ever say what becomes of it: that is told once. */
  publishedPlain(exchange: string, routingKey: string): void {
    if (this.#hasWarnedOfPlain) return;
    this.#hasWarnedOfPlain = true;
    const to = exchange === "" ? `queue ${routingKey}` : `exchange ${exchange}`;
    const text = `A channel without confirms publishes to ${to}: nobody is told which messages the broker took, and those that no consumer gets stay in doubt. Use createConfirmChannel.`;
    this.#client.notice({ kind: "warning", code: "NO_CONFIRMS", text });
  }

  /** The stream of a publish; undefined past `maxStreams` living ones. */
  streamOf(cluster: string, exchange: string, routingKey: string, confirms: boolean): OutStream | undefined {
    const partition = this.#partitionOf(exchange, routingKey);
    const family = this.#families[confirms ? 1 : 0];
    const stream = family.byCluster.get(cluster)?.get(exchange, partition);
    return stream ?? this.#open(family, { system: "rabbitmq", cluster, destination: exchange, partition });
  }

  /** The stream that a stamp of ours names, if it is still open. */
  findStream(cluster: string, exchange: string, routingKey: string, producerId: string): OutStream | undefined {
    const partition = this.#partitionOf(exchange, routingKey);
    for (const family of this.#families) {
      const stream = family.byCluster.get(cluster)?.get(exchange, partition);
      if (stream?.ledger.producerId === producerId) return stream;
    }
    return undefined;
  }

  /** Keeps what the application calls a message. */
  refer(stream: OutStream, sequence: number, content: unknown, exchange: string, routingKey: string): void {
    if (this.#reference === undefined || !(content instanceof Uint8Array)) return;
    try {
      const text: unknown = this.#reference(content, { exchange, routingKey });
      if (typeof text === "string") this.references.add(stream, sequence, this.#hide(text));
    } catch (error) {
      this.#client.failedOutside("reference", error);
    }
  }

  /** A message came back as unroutable: that is said at once. */
  returned(stream: OutStream, sequence: number): void {
    stream.ledger.bookReturned(sequence);
    const sequences = [sequence, sequence];
    const references = this.references.of(stream, sequences).map(({ text }) => text);
    const { lane, ledger } = stream;
    this.#client.notice({ kind: "unroutable", lane, producerId: ledger.producerId, sequences, references });
    this.#registration.soon();
  }

  /** Booking went wrong: no outcome is concluded from what any of these ledgers lacks. */
  failed(where: string, error: unknown): void {
    try {
      for (const { ledger } of this.#streams()) ledger.distrust();
    } finally {
      this.#client.failed(where, error);
    }
  }

  /** The last connection was closed: whatever is published later un-ends its stream. */
  endAll(): void {
    for (const stream of this.#streams()) stream.end();
    this.#registration.soon();
  }

  #open(family: Family, lane: Lane): OutStream | undefined {
    if (this.#streamCount >= maxStreams) {
      this.#refuse();
      return undefined;
    }
    if (family.isSpent) {
      family.producerId = this.#client.newProducerId();
      family.isSpent = false;
    }
    const stream = new OutStream(lane, family.producerId, family.confirms, {
      client: this.#client,
      referencesOf: (owned) => this.#referencesOf(owned),
      cloned: () => this.#abandon(family),
    });
    const table = family.byCluster.get(lane.cluster) ?? new LaneTable<OutStream>();
    family.byCluster.set(lane.cluster, table);
    table.add(lane, stream);
    this.#streamCount += 1;
    return stream;
  }

  #refuse(): void {
    this.#refusedCount += 1;
    if (this.#refusedCount > 1) return;
    const text = `More than ${maxStreams} routing keys are in use: further ones are not audited. Set the option partitionBy.`;
    this.#client.notice({ kind: "warning", code: "TOO_MANY_STREAMS", text });
  }

  /** Both processes under one id draw new ones; what is in flight is booked in ledgers that nobody reports any more. */
  #abandon(family: Family): void {
    for (const table of family.byCluster.values()) this.#streamCount -= table.size;
    family.byCluster.clear();
    family.producerId = this.#client.newProducerId();
    family.isSpent = false;
    this.#client.renewClientId();
  }

  #endUnrecorded(): void {
    for (const stream of this.#streams()) {
      if (!this.#client.isRecording(stream.lane.destination)) stream.end();
    }
    this.#registration.soon();
  }

  #referencesOf(stream: OutStream): readonly Reference[] {
    return this.#reference === undefined ? [] : this.references.of(stream, stream.ledger.namedSequences());
  }

  async #report(): Promise<void> {
    const nowMs = this.#client.host.nowMs();
    this.#overdue.look();
    keepWithinBudget([...this.#streams()].map(({ ledger }) => ledger));
    for (const stream of this.#streams()) stream.look(nowMs, this.#confirmWithinMs);
    await inGroups(
      [...this.#streams()].filter((stream) => stream.hasNews),
      (stream) => stream.advance(),
    );
    for (const family of this.#families) this.#forgetOver(family, nowMs);
  }

  #lastWords(): void {
    for (const stream of this.#streams()) stream.lastWords();
  }

  #forgetOver(family: Family, nowMs: number): void {
    for (const table of family.byCluster.values()) {
      for (const stream of table) {
        if (!stream.isOver(nowMs)) continue;
        table.delete(stream.lane);
        this.#streamCount -= 1;
        family.isSpent = true;
      }
    }
  }

  *#streams(): Generator<OutStream> {
    for (const family of this.#families) for (const table of family.byCluster.values()) yield* table;
  }

  #createFamily(confirms: boolean): Family {
    return { confirms, producerId: this.#client.newProducerId(), isSpent: false, byCluster: new Map() };
  }
}

const maxStreams = 10_000;
const defaultConfirmWithinMs = 60_000;
