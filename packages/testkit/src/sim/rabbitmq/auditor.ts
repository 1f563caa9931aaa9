import {
  type ClientStanding,
  defaultPolicy,
  type Gap,
  judgeRabbit,
  type Lane,
  type LaneMemory,
  laneKeyOf,
  noMemory,
  type RabbitReading,
} from "@seqwatch/core";
import type { SimQueue } from "./queue.ts";
import type { World } from "./world.ts";

/** A loss that the auditor made final. */
export interface Confirmed {
  readonly gap: Gap;
  readonly atMs: number;
}

type QueueLook = RabbitReading["queues"] extends ReadonlyMap<string, infer V> ? V : never;

/** The auditor: clients, readings, snapshot, judgement, notes, confirmation, each at its own instant. */
export class SimAuditor {
  readonly confirmed: Confirmed[] = [];
  /** Of the last pass over each lane. */
  readonly gaps = new Map<string, readonly Gap[]>();
  withdrawnCount = 0;
  readonly #world: World;
  #life = 0;
  #storeLife = 0;
  #memories = new Map<Lane, LaneMemory>();
  readonly #uptimesTold = new Map<number, { readonly atMs: number; readonly uptimeMs: number }>();
  #standings = new Map<string, { number: number; sinceMs: number }>();

  constructor(world: World) {
    this.#world = world;
    this.#storeLife = world.store.life;
    this.#start();
  }

  /** Everything that it remembered is gone; nobody looks until it is back. */
  restart(awayMs: number): void {
    this.#life += 1;
    this.#memories = new Map();
    this.#standings = new Map();
    this.#world.clock.after(awayMs, () => {
      this.#storeLife = this.#world.store.life;
      this.#start();
    });
  }

  #start(): void {
    const life = this.#life;
    const pass = (): void => {
      if (life !== this.#life) return;
      this.#pass(life);
      this.#world.clock.after(this.#world.random.between(900, 1_300), pass);
    };
    pass();
  }

  #pass(life: number): void {
    const { clock, random, lanes } = this.#world;
    const step = (delayMs: number, task: () => void): void =>
      clock.after(delayMs, () => {
        if (life === this.#life) task();
      });
    const beganAtMs = clock.nowMs;
    // As the real auditor does, before anything else: a client that left says so after its consumers have.
    const clients = this.#readClients();
    const records = new Map([...this.#world.queues.keys()].map((name) => [name, this.#world.store.readQueue(name)]));
    step(random.between(0.2, 10), () => {
      const readings = new Map(lanes.map((lane) => [lane, this.#readQueues(lane, records, beganAtMs)]));
      step(random.between(0.2, 10), () => {
        step(random.between(0.2, 10), () => {
          for (const lane of lanes) this.#judge(lane, readings.get(lane), clients, step);
          this.#storeLife = this.#world.store.life;
        });
      });
    });
  }

  #readQueues(lane: Lane, records: ReadonlyMap<string, QueueLook["record"]>, beganAtMs: number): RabbitReading {
    const queues = new Map<string, QueueLook>();
    for (const [name, queue] of this.#world.queues) {
      const record = records.get(name) ?? { consumers: new Map(), doubtToken: "" };
      queues.set(name, { record, reading: this.#world.broker.isUp ? this.#readQueue(lane, queue) : undefined });
    }
    return { kind: "rabbitmq", beganAtMs, queues };
  }

  /** Each of two management nodes repeats what it was told last; whoever asks gets to either of them. */
  #readUptime(): number | undefined {
    const { clock, broker } = this.#world;
    const asked = Math.floor(clock.nowMs) % 2;
    const told = this.#uptimesTold.get(asked);
    if (told !== undefined && clock.nowMs - told.atMs < uptimeToldEveryMs) return told.uptimeMs;
    if (clock.nowMs < broker.tellsFromMs) return undefined;
    const uptimeMs = clock.nowMs - broker.startedAtMs;
    this.#uptimesTold.set(asked, { atMs: clock.nowMs, uptimeMs });
    return uptimeMs;
  }

  #readQueue(lane: Lane, queue: SimQueue): QueueLook["reading"] {
    const { clock, bindings, shapes, faults, broker } = this.#world;
    const exists = queue.exists && clock.nowMs >= broker.showsFromMs;
    return {
      beganAtMs: clock.nowMs,
      exists,
      bound: exists && (bindings.get(lane.partition)?.has(queue.name) ?? false),
      provable: true,
      limits: {
        ttlMs: faults.ttlMs > 0 ? faults.ttlMs : undefined,
        dropsHead: faults.maxLength > 0 && faults.overflow === "drop-head",
        deadLetters: faults.deadLetter === "cycle",
        atRestart: "persistent",
        goesWith: undefined,
        expiresAfterMs: undefined,
      },
      publishCount: undefined,
      isUntouched: false,
      uptimeMs: this.#readUptime(),
      shape: shapes.get(`${lane.partition} ${queue.name}`) ?? "",
      ...(exists ? { consumerCount: queue.consumerCount, readyCount: queue.readyCount, ...queue.statistics } : unread),
      statisticsLagMs: 5_000,
    };
  }

  #readClients(): ReadonlyMap<string, ClientStanding> {
    const { nowMs } = this.#world.clock;
    const standings = new Map<string, ClientStanding>();
    for (const sign of this.#world.store.readClients()) {
      const known = this.#standings.get(sign.clientId);
      const isNews = known === undefined || sign.number > known.number;
      const seen = isNews ? { number: sign.number, sinceMs: nowMs } : known;
      this.#standings.set(sign.clientId, seen);
      const isSilent = nowMs - seen.sinceMs >= defaultPolicy.lifeSignMs;
      standings.set(sign.clientId, sign.state === "closed" ? "closed" : isSilent ? "silent" : "alive");
    }
    return standings;
  }

  #judge(
    lane: Lane,
    reading: RabbitReading | undefined,
    clients: ReadonlyMap<string, ClientStanding>,
    step: (delayMs: number, task: () => void) => void,
  ): void {
    const { store, clock, random } = this.#world;
    const snapshot = store.readLane(lane);
    const judgement = judgeRabbit({
      lane,
      snapshot,
      reading,
      clients,
      storeDoubted: store.life !== this.#storeLife,
      memory: this.#memories.get(lane) ?? noMemory,
      nowMs: clock.nowMs,
      policy: defaultPolicy,
    });
    this.#memories.set(lane, judgement.memory);
    this.gaps.set(laneKeyOf(lane), judgement.gaps);
    step(random.between(0.2, 8), () => {
      store.writeNotes(lane, judgement.notes);
      for (const { sequences } of judgement.notes.withdrawn) this.withdrawnCount += sequences.length / 2;
      const added = store.confirm(lane, judgement.proofs);
      judgement.proofs.forEach((proof, at) => {
        const sequences = added[at] ?? [];
        if (sequences.length > 0) this.confirmed.push({ gap: { ...proof.gap, sequences }, atMs: clock.nowMs });
      });
    });
  }
}

const uptimeToldEveryMs = 4_500;

/** Of a queue that is gone nothing is counted. */
const unread = {
  consumerCount: undefined,
  readyCount: undefined,
  ready: undefined,
  unacked: undefined,
  getCount: undefined,
} as const;
