import {
  type Answer,
  type AuditNotes,
  type ClientSign,
  type Collection,
  type Confirmation,
  emptyLane,
  emptyQueue,
  everythingOn,
  type Finding,
  type Lane,
  type LaneRecord,
  type LeaseAnswer,
  type LedgerReport,
  mergeCollection,
  mergeConfirmations,
  mergeLedger,
  mergeNotes,
  mergeTestimony,
  presentLane,
  type RangeSet,
  type Store,
  type StoredLane,
  type TestimonyReport,
} from "@seqwatch/core";

interface Contents {
  readonly lane: StoredLane;
  readonly clients: ReadonlyMap<string, ClientSign>;
}

/**
 * The store with its real merges, one lane, and with what the memory store cannot do: lose writes that it acknowledged,
 * the latest of them or all.
 */
export class SimStore implements Store {
  readonly kind = "sim";
  lane: StoredLane = emptyLane;
  #clients = new Map<string, ClientSign>();
  #checkpoints: Contents[] = [];
  readonly #confirmed: (confirmation: Confirmation, added: RangeSet) => void;

  constructor(confirmed: (confirmation: Confirmation, added: RangeSet) => void) {
    this.#confirmed = confirmed;
  }

  takeLedger(report: LedgerReport): Answer {
    const merged = mergeLedger(this.lane, report);
    this.lane = merged.lane;
    return merged.answer;
  }

  takeTestimony(report: TestimonyReport): Answer {
    const merged = mergeTestimony(this.lane, report);
    this.lane = merged.lane;
    return merged.answer;
  }

  takeSign(sign: ClientSign): void {
    if (sign.number > (this.#clients.get(sign.clientId)?.number ?? -1)) this.#clients.set(sign.clientId, sign);
  }

  /** What a replica holds by now; called every 100 ms. */
  checkpoint(): void {
    this.#checkpoints.push({ lane: this.lane, clients: new Map(this.#clients) });
    if (this.#checkpoints.length > 20) this.#checkpoints.shift();
  }

  /** The master dies; a replica that lacks its last writes takes over. */
  failOver(lagSteps: number): void {
    const contents = this.#checkpoints.at(-1 - lagSteps) ?? this.#checkpoints[0];
    this.lane = contents?.lane ?? emptyLane;
    this.#clients = new Map(contents?.clients);
    this.#checkpoints = [];
  }

  flush(): void {
    this.lane = emptyLane;
    this.#clients.clear();
    this.#checkpoints = [];
  }

  async reportLedger(_lane: Lane, report: LedgerReport): Promise<Answer> {
    return this.takeLedger(report);
  }

  async reportTestimony(_lane: Lane, report: TestimonyReport): Promise<Answer> {
    return this.takeTestimony(report);
  }

  async readLane(): Promise<LaneRecord> {
    return presentLane(this.lane, "processed");
  }

  async readClients(): Promise<readonly ClientSign[]> {
    return [...this.#clients.values()];
  }

  async writeNotes(_lane: Lane, notes: AuditNotes): Promise<void> {
    this.lane = mergeNotes(this.lane, notes);
  }

  async confirm(_lane: Lane, confirmations: readonly Confirmation[]): Promise<readonly RangeSet[]> {
    const merged = mergeConfirmations(this.lane, confirmations);
    this.lane = merged.lane;
    confirmations.forEach((confirmation, at) => this.#confirmed(confirmation, merged.added[at] ?? []));
    return merged.added;
  }

  async collect(_lane: Lane, collection: Collection): Promise<boolean> {
    this.lane = mergeCollection(this.lane, collection);
    return this.lane.version === 0;
  }

  async saveFindings(findings: readonly Finding[]): Promise<ReadonlySet<string>> {
    return new Set(findings.map(({ id }) => id));
  }

  async readFindings(): Promise<readonly Finding[]> {
    return [];
  }

  async lease(): Promise<LeaseAnswer> {
    return { slots: [], auditors: new Map(), savedCount: 0 };
  }

  async readVersions(): Promise<ReadonlyMap<string, number>> {
    return new Map();
  }

  async reportDeliveries(): Promise<Answer> {
    throw new Error("There are no queues in this simulation.");
  }

  async signClient(sign: ClientSign): Promise<void> {
    this.takeSign(sign);
  }

  async signConsumers(): Promise<void> {}

  async doubtQueue(): Promise<void> {}

  async readQueue(): Promise<typeof emptyQueue> {
    return emptyQueue;
  }

  async readSwitch(): Promise<typeof everythingOn> {
    return everythingOn;
  }

  async writeSwitch(): Promise<void> {}

  async announceLane(): Promise<void> {}

  watchLanes(): () => void {
    return () => {};
  }

  watchSwitch(): () => void {
    return () => {};
  }

  async readLife(): Promise<string> {
    return "sim";
  }

  async readWarnings(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {}
}
