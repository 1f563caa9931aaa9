import type { Collection } from "./collection.ts";
import type { ConsumerSign } from "./delivery-report.ts";
import type { Finding } from "./finding.ts";
import { type Lane, type LaneKey, laneKeyOf } from "./lane.ts";
import type { LaneRecord, QueueRecord } from "./lane-record.ts";
import { type LeaseAnswer, type LeaseWish, leaseSlotOf } from "./lease.ts";
import { mergeCollection } from "./merge-collection.ts";
import { mergeConfirmations } from "./merge-confirmation.ts";
import { mergeDeliveries } from "./merge-deliveries.ts";
import { type LeaseTable, mergeLease, noLeaseTable } from "./merge-lease.ts";
import { type Merged, mergeLedger } from "./merge-ledger.ts";
import { mergeNotes } from "./merge-notes.ts";
import { emptyQueue, mergeConsumerSigns } from "./merge-queue.ts";
import { mergeTestimony } from "./merge-testimony.ts";
import type { RangeSet } from "./range-set.ts";
import { everythingOn, type SwitchState } from "./recording-switch.ts";
import type { Answer, ClientSign, Confirmation, Store } from "./store.ts";
import { type AheadKind, emptyLane, presentLane, type StoredLane } from "./stored-lane.ts";

/** Entries of each kind that a memory store holds; beyond it goes what was written longest ago. */
export interface MemoryStoreLimits {
  readonly lanes: number;
  readonly queues: number;
  readonly clients: number;
  readonly findings: number;
}

export const memoryStoreLimits: MemoryStoreLimits = {
  lanes: 100_000,
  queues: 10_000,
  clients: 10_000,
  findings: 10_000,
};

/**
 * A store inside this process: for one process that both sends and consumes, for tests and for the simulation. A lane
 * that falls out of its bounds is as if it had been flushed: its clients are asked for everything, nothing is invented.
 *
 * @example
 * const store = createMemoryStore();
 * await store.reportLedger(lane, report);
 */
export function createMemoryStore(limits: MemoryStoreLimits = memoryStoreLimits): Store {
  return new MemoryStore(limits);
}

class MemoryStore implements Store {
  readonly kind = "memory";
  readonly #limits: MemoryStoreLimits;
  readonly #lanes = new Map<LaneKey, StoredLane>();
  readonly #queues = new Map<string, QueueRecord>();
  readonly #clients = new Map<string, ClientSign>();
  readonly #findings = new Map<string, Finding>();
  readonly #watchers = new Set<() => void>();
  readonly #laneWatchers = new Set<(lane: Lane) => void>();
  #switch: SwitchState = everythingOn;
  #leases: LeaseTable = noLeaseTable;
  #savedCount = 0;

  constructor(limits: MemoryStoreLimits) {
    this.#limits = limits;
  }

  async reportLedger(lane: Lane, report: Parameters<Store["reportLedger"]>[1]): Promise<Answer> {
    return this.#write(lane, (stored) => mergeLedger(stored, report));
  }

  async reportTestimony(lane: Lane, report: Parameters<Store["reportTestimony"]>[1]): Promise<Answer> {
    return this.#write(lane, (stored) => mergeTestimony(stored, report));
  }

  async reportDeliveries(lane: Lane, report: Parameters<Store["reportDeliveries"]>[1]): Promise<Answer> {
    return this.#write(lane, (stored) => mergeDeliveries(stored, report));
  }

  async signClient(sign: ClientSign): Promise<void> {
    if (sign.number <= (this.#clients.get(sign.clientId)?.number ?? -1)) return;
    putLatest(this.#clients, sign.clientId, sign, this.#limits.clients);
  }

  async signConsumers(cluster: string, queue: string, signs: readonly ConsumerSign[]): Promise<void> {
    const key = queueKeyOf(cluster, queue);
    const merged = mergeConsumerSigns(this.#queues.get(key) ?? emptyQueue, signs);
    putLatest(this.#queues, key, merged, this.#limits.queues);
  }

  async doubtQueue(cluster: string, queue: string, token: string): Promise<void> {
    const key = queueKeyOf(cluster, queue);
    const doubted = { ...(this.#queues.get(key) ?? emptyQueue), doubtToken: token };
    putLatest(this.#queues, key, doubted, this.#limits.queues);
  }

  async readVersions(): Promise<ReadonlyMap<string, number>> {
    return new Map([...this.#lanes].map(([key, { version }]) => [key, version]));
  }

  async readLane(lane: Lane): Promise<LaneRecord> {
    return presentLane(this.#lanes.get(laneKeyOf(lane)) ?? emptyLane, aheadKindOf(lane));
  }

  async readQueue(cluster: string, queue: string): Promise<QueueRecord> {
    return this.#queues.get(queueKeyOf(cluster, queue)) ?? emptyQueue;
  }

  async readClients(): Promise<readonly ClientSign[]> {
    return [...this.#clients.values()];
  }

  async writeNotes(lane: Lane, notes: Parameters<Store["writeNotes"]>[1]): Promise<void> {
    const key = laneKeyOf(lane);
    this.#put(key, mergeNotes(this.#lanes.get(key) ?? emptyLane, notes));
  }

  async confirm(lane: Lane, confirmations: readonly Confirmation[]): Promise<readonly RangeSet[]> {
    const key = laneKeyOf(lane);
    const { lane: merged, added } = mergeConfirmations(this.#lanes.get(key) ?? emptyLane, confirmations);
    this.#put(key, merged);
    return added;
  }

  async collect(lane: Lane, collection: Collection): Promise<boolean> {
    const key = laneKeyOf(lane);
    const rest = mergeCollection(this.#lanes.get(key) ?? emptyLane, collection);
    if (rest.version === 0) this.#lanes.delete(key);
    else if (rest !== this.#lanes.get(key)) this.#put(key, rest);
    return rest.version === 0;
  }

  async saveFindings(findings: readonly Finding[], auditorId?: string): Promise<ReadonlySet<string>> {
    const taken = findings.filter(({ lane }) => this.#isHeldBy(lane, auditorId));
    for (const finding of taken) {
      const stored = this.#findings.get(finding.id);
      if (stored === undefined || stored.changedAtMs <= finding.changedAtMs) this.#findings.set(finding.id, finding);
    }
    if (taken.length > 0) this.#savedCount++;
    const excess = Math.max(0, this.#findings.size - this.#limits.findings);
    for (const { id } of inOrder([...this.#findings.values()]).slice(0, excess)) this.#findings.delete(id);
    return new Set(taken.map(({ id }) => id));
  }

  async readFindings(): Promise<readonly Finding[]> {
    return inOrder([...this.#findings.values()]);
  }

  async lease(wish: LeaseWish): Promise<LeaseAnswer> {
    const { table, answer } = mergeLease(this.#leases, wish);
    this.#leases = table;
    return { ...answer, savedCount: this.#savedCount };
  }

  async announceLane(lane: Lane): Promise<void> {
    for (const announced of this.#laneWatchers) announced(lane);
  }

  watchLanes(announced: (lane: Lane) => void): () => void {
    const watcher = (lane: Lane): void => announced(lane);
    this.#laneWatchers.add(watcher);
    return () => this.#laneWatchers.delete(watcher);
  }

  async readSwitch(): Promise<SwitchState> {
    return this.#switch;
  }

  async writeSwitch(state: SwitchState): Promise<void> {
    if (state.version <= this.#switch.version) return;
    this.#switch = state;
    for (const changed of this.#watchers) changed();
  }

  watchSwitch(changed: () => void): () => void {
    const watcher = (): void => changed();
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  async readLife(): Promise<string> {
    return "memory";
  }

  async readWarnings(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#laneWatchers.clear();
  }

  #write(lane: Lane, merge: (stored: StoredLane) => Merged): Answer {
    const key = laneKeyOf(lane);
    const { lane: merged, answer } = merge(this.#lanes.get(key) ?? emptyLane);
    this.#put(key, merged);
    return answer;
  }

  #isHeldBy(lane: Lane, auditorId: string | undefined): boolean {
    const owner = this.#leases.owners.get(leaseSlotOf(laneKeyOf(lane)));
    return auditorId === undefined || owner === undefined || owner === auditorId;
  }

  #put(key: LaneKey, lane: StoredLane): void {
    if (lane.version > 0) putLatest(this.#lanes, key, lane, this.#limits.lanes);
  }
}

/** Where receipts above the ledger belong once they are claimed. */
export function aheadKindOf(lane: Lane): AheadKind {
  return lane.system === "kafka" ? "processed" : "received";
}

/** Oldest change first; by id where the times are equal. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => a.changedAtMs - b.changedAtMs || (a.id < b.id ? -1 : 1));
}

function putLatest<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= limit) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

function queueKeyOf(cluster: string, queue: string): string {
  return JSON.stringify([cluster, queue]);
}
