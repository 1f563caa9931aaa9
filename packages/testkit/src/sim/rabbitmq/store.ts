import {
  type Answer,
  type AuditNotes,
  type ClientSign,
  type Confirmation,
  type ConsumerSign,
  type DeliveryReport,
  emptyLane,
  emptyQueue,
  type Lane,
  type LaneRecord,
  type LedgerReport,
  laneKeyOf,
  mergeConfirmations,
  mergeConsumerSigns,
  mergeDeliveries,
  mergeLedger,
  mergeNotes,
  presentLane,
  type QueueRecord,
  type RangeSet,
  type StoredLane,
} from "@seqwatch/core";

interface Contents {
  readonly lanes: ReadonlyMap<string, StoredLane>;
  readonly queues: ReadonlyMap<string, QueueRecord>;
  readonly clients: ReadonlyMap<string, ClientSign>;
}

const nothing: Contents = { lanes: new Map(), queues: new Map(), clients: new Map() };

/**
 * The store with its real merges, and with what the memory store cannot do: lose writes that it acknowledged, all of
 * them or the latest, under another life; or a single record, with nobody told.
 */
export class SimStore {
  life = 1;
  readonly #lanes = new Map<string, StoredLane>();
  readonly #queues = new Map<string, QueueRecord>();
  readonly #clients = new Map<string, ClientSign>();
  #checkpoints: Contents[] = [];

  reportLedger(lane: Lane, report: LedgerReport): Answer {
    const merged = mergeLedger(this.#lane(lane), report);
    this.#put(lane, merged.lane);
    return merged.answer;
  }

  reportDeliveries(lane: Lane, report: DeliveryReport): Answer {
    const merged = mergeDeliveries(this.#lane(lane), report);
    this.#put(lane, merged.lane);
    return merged.answer;
  }

  signConsumer(queue: string, sign: ConsumerSign): void {
    this.#queues.set(queue, mergeConsumerSigns(this.readQueue(queue), [sign]));
  }

  doubtQueue(queue: string, token: string): void {
    this.#queues.set(queue, { ...this.readQueue(queue), doubtToken: token });
  }

  signClient(sign: ClientSign): void {
    if (sign.number > (this.#clients.get(sign.clientId)?.number ?? -1)) this.#clients.set(sign.clientId, sign);
  }

  readLane(lane: Lane): LaneRecord {
    return presentLane(this.#lane(lane), "received");
  }

  readQueue(queue: string): QueueRecord {
    return this.#queues.get(queue) ?? emptyQueue;
  }

  readClients(): readonly ClientSign[] {
    return [...this.#clients.values()];
  }

  writeNotes(lane: Lane, notes: AuditNotes): void {
    this.#put(lane, mergeNotes(this.#lane(lane), notes));
  }

  confirm(lane: Lane, confirmations: readonly Confirmation[]): readonly RangeSet[] {
    const merged = mergeConfirmations(this.#lane(lane), confirmations);
    this.#put(lane, merged.lane);
    return merged.added;
  }

  /** What a replica holds by now; called every 100 ms. */
  checkpoint(): void {
    const contents = { lanes: new Map(this.#lanes), queues: new Map(this.#queues), clients: new Map(this.#clients) };
    this.#checkpoints = [...this.#checkpoints.slice(-9), contents];
  }

  /** A master dies; a replica that lacks its last writes takes over. Lanes may lie on a master of their own. */
  failOver(lagSteps: number, isLanesOnly: boolean): void {
    const replica = this.#checkpoints.at(-1 - lagSteps) ?? this.#checkpoints[0] ?? nothing;
    this.#become(
      isLanesOnly ? { lanes: replica.lanes, queues: new Map(this.#queues), clients: new Map(this.#clients) } : replica,
    );
    this.#checkpoints = [];
  }

  flush(): void {
    this.#become(nothing);
  }

  evictLane(lane: Lane): void {
    this.#lanes.delete(laneKeyOf(lane));
  }

  evictQueue(queue: string): void {
    this.#queues.delete(queue);
  }

  #become(contents: Contents): void {
    this.life += 1;
    replace(this.#lanes, contents.lanes);
    replace(this.#queues, contents.queues);
    replace(this.#clients, contents.clients);
  }

  #lane(lane: Lane): StoredLane {
    return this.#lanes.get(laneKeyOf(lane)) ?? emptyLane;
  }

  #put(lane: Lane, stored: StoredLane): void {
    if (stored.version > 0) this.#lanes.set(laneKeyOf(lane), stored);
  }
}

function replace<K, V>(map: Map<K, V>, contents: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of contents) map.set(key, value);
}
