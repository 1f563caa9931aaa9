import {
  auditLane,
  type ClientStanding,
  defaultPolicy,
  type EvidenceReader,
  firstAudit,
  type GroupReading,
  type KafkaReading,
  type LaneAudit,
  type LogExtract,
  type LogRange,
} from "@seqwatch/core";
import type { AuditedGroup } from "./group.ts";
import { strikes, tell, type World } from "./world.ts";

/** Tasks of the simulation that wait in promises; the run lets them go on after each step of the clock. */
export interface Sleepers {
  due: number;
}

/** An auditor: the real pass, over and over, in simulated time. */
export class SimAuditor {
  audit: LaneAudit = firstAudit;
  readonly #world: World;
  readonly #groups: readonly AuditedGroup[];
  readonly #sleepers: Sleepers;
  readonly #hidesLogEnd: boolean;
  #signs = new Map<string, { readonly number: number; readonly atMs: number }>();
  #isOver = false;

  constructor(world: World, groups: readonly AuditedGroup[], sleepers: Sleepers, hidesLogEnd: boolean) {
    this.#world = world;
    this.#groups = groups;
    this.#sleepers = sleepers;
    this.#hidesLogEnd = hidesLogEnd;
    void this.#run();
  }

  end(): void {
    this.#isOver = true;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#sleep(this.#world.random.between(500, 1_000));
      if (this.#isOver) return;
      await this.#pass();
    }
  }

  async #pass(): Promise<void> {
    const { store, lane, clock } = this.#world;
    const clients = await this.#standings();
    const seen: AuditedGroup[] = [];
    const reader: EvidenceReader = {
      system: "kafka",
      readLog: async (_lane, wanted, groups) => this.#read(wanted, groups, seen),
      close: async () => {},
    };
    const { audit, changed, failure } = await auditLane({
      store,
      reader,
      lane,
      audit: this.audit,
      clients,
      instances: new Map(),
      storeDoubted: false,
      storeLife: undefined,
      policy: this.#world.policy,
      nowMs: () => clock.nowMs,
      wallMs: () => clock.nowMs,
    });
    if (failure !== undefined) throw failure;
    if (this.#isOver) return;
    this.audit = audit;
    for (const group of seen) group.foreignLooks += 1;
    if (this.#world.truth.isTracing) {
      for (const finding of changed) {
        tell(
          this.#world,
          `finding ${finding.producerId} ${finding.group ?? "stream"} ${finding.verdict} ${finding.cause ?? ""} ${JSON.stringify(finding.sequences)} at ${JSON.stringify(finding.offsets)}`,
        );
      }
    }
  }

  async #standings(): Promise<ReadonlyMap<string, ClientStanding>> {
    const { clock, store } = this.#world;
    const standings = new Map<string, ClientStanding>();
    const signs = new Map<string, { readonly number: number; readonly atMs: number }>();
    for (const { clientId, number, state } of await store.readClients()) {
      const known = this.#signs.get(clientId);
      const sign = known !== undefined && known.number >= number ? known : { number, atMs: clock.nowMs };
      signs.set(clientId, sign);
      const isSilent = this.#isSilent(sign.atMs);
      standings.set(clientId, state === "closed" ? "closed" : isSilent ? "silent" : state === "off" ? "off" : "alive");
    }
    // A sign that the store lost is not a sign that the client is new.
    for (const [clientId, sign] of this.#signs) {
      if (signs.has(clientId)) continue;
      signs.set(clientId, sign);
      standings.set(clientId, this.#isSilent(sign.atMs) ? "silent" : "alive");
    }
    this.#signs = signs;
    return standings;
  }

  #isSilent(signedAtMs: number): boolean {
    return this.#world.clock.nowMs - signedAtMs > defaultPolicy.lifeSignMs;
  }

  /** Log start, end and leader first, then the commits, then the records: each at its own time. */
  async #read(
    wanted: readonly LogRange[],
    names: readonly string[],
    seen: AuditedGroup[],
  ): Promise<KafkaReading | undefined> {
    const { log, clock, random, evidence } = this.#world;
    if (evidence === "none") return undefined;
    const beganAtMs = clock.nowMs;
    if (strikes(this.#world, "silentLog")) {
      await this.#sleep(500);
      return undefined;
    }
    await this.#sleep(strikes(this.#world, "slowLog") ? random.between(200, 2_500) : random.between(1, 10));
    const { leader, start: logStart, end, highWatermark, life } = log;
    await this.#sleep(random.between(1, 10));
    const groups = new Map<string, GroupReading>();
    for (const group of this.#groups) {
      if (!names.includes(group.name)) continue;
      const foreignMemberCount = group.members.filter((member) => member.isForeign).length;
      if (foreignMemberCount > 0) seen.push(group);
      const watched = group.members.filter((member) => !member.isForeign);
      const watchedClients = new Map(watched.map(({ client, assignment }) => [client.clientId, assignment !== 0]));
      const { committed, members } = group;
      groups.set(group.name, { committed, isEmpty: members.length === 0, watchedClients, foreignMemberCount });
    }
    await this.#sleep(random.between(1, 10));
    if (log.life !== life || log.leader !== leader) return undefined;
    return {
      kind: "kafka",
      beganAtMs,
      endedAtMs: clock.nowMs,
      leader,
      logStart,
      logEnd: this.#hidesLogEnd ? undefined : end,
      highWatermark,
      lastStableOffset: highWatermark,
      compacted: false,
      firstJoinDelayMs: 3_000,
      ...(evidence === "offsets"
        ? { extracts: [], recordsUnread: true }
        : { extracts: this.#extracts(wanted, Math.max(logStart, log.start), highWatermark) }),
      groups,
    };
  }

  /** As the adapter's reader does: range by range, as far as one reading goes. */
  #extracts(wanted: readonly LogRange[], start: number, stable: number): readonly LogExtract[] {
    const { sendMost } = this.#world.sizes;
    let left = sendMost > 100 ? maxRecordsOfBusy : maxRecords;
    return wanted.flatMap((range) => {
      const first = Math.max(range.first, start);
      const last = Math.min(range.last, stable - 1, first + left - 1);
      if (last < first) return [];
      left -= last - first + 1;
      return this.#extract(first, last);
    });
  }

  #extract(first: number, last: number): readonly LogExtract[] {
    const stamps: LogExtract["stamps"][number][] = [];
    const unstamped: number[] = [];
    const undelivered: number[] = [];
    const epochs: { epoch: number; first: number; last: number }[] = [];
    for (let offset = first; offset <= last; offset += 1) {
      const record = this.#world.log.records[offset];
      if (record === undefined) return [];
      const { kind, producerId, sequence, epoch } = record;
      if (kind === "stamped" && producerId !== undefined) stamps.push({ producerId, sequence, offset, epoch });
      else (kind === "control" ? undelivered : unstamped).push(offset, offset);
      const run = epochs.at(-1);
      if (run !== undefined && run.epoch === epoch) run.last = offset;
      else epochs.push({ epoch, first: offset, last: offset });
    }
    return [{ first, last, stamps, unstamped: joined(unstamped), undelivered: joined(undelivered), epochs }];
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.clock.after(delayMs, () => {
        this.#sleepers.due += 1;
        resolve();
      });
    });
  }
}

/** What the adapter's reader reads at one time, unless told otherwise. */
const maxRecords = 10_000;
/** Where so much is sent, an interval is longer than that, and the reader is told to read more. */
const maxRecordsOfBusy = 100_000;

function joined(flat: readonly number[]): number[] {
  const set: number[] = [];
  for (const offset of flat) {
    if (set.at(-1) === offset - 1 || set.at(-1) === offset) set[set.length - 1] = offset;
    else set.push(offset, offset);
  }
  return set;
}
