import {
  auditLane,
  type ClientStanding,
  type ClientWatch,
  type EvidenceReader,
  type Finding,
  type Instance,
  instancesOf,
  type Lane,
  type LaneKey,
  type LaneRecord,
  laneKeyOf,
  leaseSlotOf,
  lookAtClients,
  lookHurriedly,
  noClients,
  type PassInput,
  type Policy,
  type Store,
  standingsOf,
  storeUnreachable,
} from "@seqwatch/core";
import { HurriedBook } from "./hurried-book.ts";
import { inParallel } from "./in-parallel.ts";
import { isLiveLane } from "./lane-figures.ts";
import type { LaneShare } from "./lane-leases.ts";
import { isDue, newLane, type ScheduleTimes, type WatchedLane } from "./lane-schedule.ts";
import { type StoreWatcher, watchStore } from "./watched-store.ts";

export interface AuditorOptions {
  readonly store: Store;
  /** undefined = nobody can read that lane's broker. */
  readonly readerOf: (lane: Lane) => EvidenceReader | undefined;
  readonly policy: Policy;
  /** Where several auditors share the store; absent = all lanes are this one's. */
  readonly share?: LaneShare;
  /** How often lanes at rest are looked at. */
  readonly times?: ScheduleTimes;
  /** Lanes looked at side by side. */
  readonly concurrency: number;
  /** Lanes of one pass; those beyond it come in the next, which then follows at once. */
  readonly maxLanesPerPass: number;
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly watcher: AuditWatcher;
}

/** Told of what the auditor does. It must not throw. */
export interface AuditWatcher {
  changed(finding: Finding): void;
  looked(key: LaneKey, lane: Lane, snapshot: LaneRecord, clients: ReadonlyMap<string, ClientStanding>): void;
  forgot(key: LaneKey): void;
  /** Lanes are this auditor's from now on: what others have found and told about them. */
  tookOver(findings: readonly Finding[]): void;
  answered: StoreWatcher["answered"];
  failed(where: string, error: unknown): void;
}

export interface PassSummary {
  readonly lanes: number;
  readonly looked: number;
  readonly failed: number;
  readonly changed: number;
  /** More lanes were due than one pass takes. */
  readonly hasMore: boolean;
  readonly tookMs: number;
}

/** A lane that the store no longer knows is remembered for so long: its memory may have to be written again. */
const forgetMs = 3_600_000;

function isForgotten({ audit, lookedAtMs }: WatchedLane, nowMs: number): boolean {
  return audit.isCollected || nowMs - (lookedAtMs ?? nowMs) > forgetMs;
}

/** Looks at lanes, pass by pass. It owns no timer and no connection: who calls `pass` decides when. */
export class Auditor {
  readonly #options: AuditorOptions;
  readonly #store: Store;
  readonly #lanes = new Map<LaneKey, WatchedLane>();
  #earlier = new Map<LaneKey, Finding[]>();
  /** Every lane that there is, whoever looks after it. */
  #known: Iterable<LaneKey> = [];
  #grants: ReadonlyMap<number, number> = new Map();
  /** Lanes where somebody writes or reads. */
  readonly #live = new Set<LaneKey>();
  readonly #hurried = new HurriedBook();
  #clients: ClientWatch = noClients;
  #standings: ReadonlyMap<string, ClientStanding> = new Map();
  #lifeToken: string | undefined;
  #life = 0;

  constructor(options: AuditorOptions) {
    this.#options = options;
    this.#store = watchStore(options.store, {
      answered: options.watcher.answered,
      readLane: (lane, snapshot) => this.#looked(lane, snapshot),
    });
  }

  /** Takes over the findings of earlier lives. Rejects when the store does. */
  async start(): Promise<readonly Finding[]> {
    // Before they are read: what another auditor saves of a lane that is granted later is read again then.
    this.#grants = this.#options.share?.grants ?? this.#grants;
    const findings = await this.#store.readFindings();
    this.#earlier = Map.groupBy(findings, ({ lane }) => laneKeyOf(lane));
    return findings;
  }

  get clients(): ClientWatch {
    return this.#clients;
  }

  /** All that there are, also those of other auditors. */
  get laneKeys(): Iterable<LaneKey> {
    return this.#known;
  }

  /** Whether this auditor looks after a lane. */
  owns(key: LaneKey): boolean {
    return this.#options.share === undefined || this.#grants.has(leaseSlotOf(key));
  }

  get standings(): ReadonlyMap<string, ClientStanding> {
    return this.#standings;
  }

  /** One pass over all that is due. Rejects when the store cannot be read; a lane that fails fails alone. */
  async pass(): Promise<PassSummary> {
    const { nowMs, concurrency, maxLanesPerPass } = this.#options;
    const beganAtMs = nowMs();
    const versions = await this.#lookAround();
    await this.#takeShare();
    const due = this.#dueLanes(versions, beganAtMs);
    const summary = { looked: 0, failed: 0, changed: 0 };
    const instances = instancesOf(this.#clients);
    await inParallel(due.slice(0, maxLanesPerPass), concurrency, async (watched) => {
      summary.looked++;
      try {
        summary.changed += await this.#lookAt(watched, instances);
      } catch (error) {
        summary.failed++;
        this.#options.watcher.failed(`lane ${watched.key}`, error);
      }
    });
    const hasMore = due.length > maxLanesPerPass;
    return { lanes: this.#lanes.size, ...summary, hasMore, tookMs: nowMs() - beganAtMs };
  }

  /** A look at one lane between the passes, for suspicion alone. Rejects when the store does. */
  async hurry(lane: Lane): Promise<void> {
    const key = laneKeyOf(lane);
    if (!this.#lanes.has(key) && this.owns(key)) this.#watch(key);
    const watched = this.#lanes.get(key);
    if (watched === undefined || lane.system !== "kafka" || this.#lifeToken === undefined) return;
    if (!this.#hurried.begin(key)) return;
    try {
      const input = this.#inputOf(watched, instancesOf(this.#clients));
      const known = () => [...(this.#lanes.get(key)?.audit.findings ?? []), ...this.#hurried.of(key)];
      const { version, findings } = await lookHurriedly(input, known);
      this.#hurried.add(key, version, findings);
      for (const finding of findings) this.#options.watcher.changed(finding);
    } finally {
      if (this.#hurried.end(key)) await this.hurry(lane);
    }
  }

  /** The clients, the store's life and the lanes' versions, all read before any lane is. */
  async #lookAround(): Promise<ReadonlyMap<LaneKey, number>> {
    try {
      const signs = await this.#store.readClients();
      const token = await this.#store.readLife();
      const versions = await this.#store.readVersions();
      this.#clients = lookAtClients(this.#clients, signs, this.#options.nowMs());
      this.#standings = standingsOf(this.#clients, this.#options.policy.lifeSignMs);
      if (this.#lifeToken !== undefined && this.#lifeToken !== token) this.#life++;
      this.#lifeToken = token;
      return versions;
    } catch (error) {
      this.#clients = storeUnreachable(this.#clients);
      throw error;
    }
  }

  /** Lets lanes go that are another auditor's by now, and reads what was found of those that are new here. */
  async #takeShare(): Promise<void> {
    const { share, watcher } = this.#options;
    if (share === undefined) return;
    const { grants } = share;
    const isNew = (key: LaneKey): boolean => {
      const slot = leaseSlotOf(key);
      return grants.get(slot) !== this.#grants.get(slot);
    };
    if ([...grants].some(([slot, grant]) => this.#grants.get(slot) !== grant)) {
      const findings = (await this.#store.readFindings()).filter(({ lane }) => isNew(laneKeyOf(lane)));
      for (const [key, some] of Map.groupBy(findings, ({ lane }) => laneKeyOf(lane))) this.#earlier.set(key, some);
      watcher.tookOver(findings);
    }
    for (const key of this.#lanes.keys()) if (isNew(key)) this.#forget(key);
    this.#grants = grants;
  }

  /** Those never looked at and those looked at the longest ago come first, so that none starves. */
  #dueLanes(versions: ReadonlyMap<LaneKey, number>, nowMs: number): WatchedLane[] {
    this.#known = [...versions.keys()];
    for (const key of this.#known) if (!this.#lanes.has(key) && this.owns(key)) this.#watch(key);
    const due: WatchedLane[] = [];
    for (const [key, watched] of this.#lanes) {
      const version = versions.get(key);
      if (version === undefined && isForgotten(watched, nowMs)) this.#forget(key);
      else if (isDue(watched, { version, life: this.#life, nowMs }, this.#options.times)) due.push(watched);
    }
    return due.sort((a, b) => (a.lookedAtMs ?? -1) - (b.lookedAtMs ?? -1));
  }

  #watch(key: LaneKey): void {
    const watched = newLane(key, this.#earlier.get(key) ?? [], this.#life);
    this.#earlier.delete(key);
    if (watched !== undefined) this.#lanes.set(key, watched);
  }

  #forget(key: LaneKey): void {
    this.#lanes.delete(key);
    this.#live.delete(key);
    this.#options.watcher.forgot(key);
  }

  async #lookAt(watched: WatchedLane, instances: ReadonlyMap<string, Instance>): Promise<number> {
    const { key, lane } = watched;
    const life = this.#life;
    const lookedAtMs = this.#options.nowMs();
    const { audit, changed, isLost, failure } = await auditLane({
      ...this.#inputOf(watched, instances),
      opened: (version) => this.#hurried.upTo(key, version, watched.audit.findings),
    });
    if (isLost || !this.owns(key)) {
      this.#forget(key);
      return 0;
    }
    this.#lanes.set(key, {
      key,
      lane,
      audit,
      lookedAtMs,
      life,
      isLive: this.#live.has(key),
    });
    this.#hurried.taken(key, audit.findings);
    for (const finding of changed) this.#options.watcher.changed(finding);
    if (failure !== undefined) throw failure;
    return changed.length;
  }

  #inputOf({ key, lane, audit, life }: WatchedLane, instances: ReadonlyMap<string, Instance>): PassInput {
    const { readerOf, policy, nowMs, wallMs, share } = this.#options;
    const isHeld = (): boolean => share?.isFresh() !== false && share?.grants.has(leaseSlotOf(key)) !== false;
    return {
      store: this.#store,
      reader: readerOf(lane),
      lane,
      audit,
      clients: this.#standings,
      storeLife: this.#lifeToken,
      instances,
      storeDoubted: life !== this.#life,
      ...(share && { auditorId: share.auditorId }),
      isHeld,
      policy,
      nowMs,
      wallMs,
    };
  }

  #looked(lane: Lane, snapshot: LaneRecord): void {
    const key = laneKeyOf(lane);
    if (isLiveLane(snapshot, this.#standings)) this.#live.add(key);
    else this.#live.delete(key);
    this.#options.watcher.looked(key, lane, snapshot, this.#standings);
  }
}
