import { isNothing, planCollection } from "./collection.ts";
import { noWaiting, type Waiting } from "./collection-wait.ts";
import type { EvidenceReader } from "./evidence.ts";
import type { Finding, Gap, Instance } from "./finding.ts";
import { updateFindings } from "./findings.ts";
import { type ClientStanding, type Judgement, judge, type LaneMemory, noMemory, type Proof } from "./judge.ts";
import type { Lane } from "./lane.ts";
import type { LaneRecord } from "./lane-record.ts";
import type { Policy } from "./policy.ts";
import { intersection, isEmpty, union, unionAll } from "./range-set.ts";
import type { KafkaReading, LogRange, RabbitReading } from "./reading.ts";
import type { AuditNotes, Store } from "./store.ts";

/** What an auditor keeps of one lane between its passes. Losing it only delays. */
export interface LaneAudit {
  readonly memory: LaneMemory;
  /** The version that the last snapshot had. */
  readonly version: number;
  readonly groups: readonly string[];
  readonly wanted: readonly LogRange[];
  readonly findings: readonly Finding[];
  /** Something is open: look again though nothing was written. */
  readonly isOpen: boolean;
  readonly passes: number;
  /** What is going to be collected, and since when nothing has changed about it. */
  readonly waiting: Waiting;
  /** Monotonic: when the next of it is due; Infinity = nothing waits. */
  readonly collectAtMs: number;
  /** The whole record was collected: there is nothing left to look at. */
  readonly isCollected: boolean;
}

export const firstAudit: LaneAudit = {
  memory: noMemory,
  version: -1,
  groups: [],
  wanted: [],
  findings: [],
  isOpen: true,
  passes: 0,
  waiting: noWaiting,
  collectAtMs: Number.POSITIVE_INFINITY,
  isCollected: false,
};

/** Everything a pass over one lane needs from its surroundings. */
export interface PassInput {
  readonly store: Store;
  readonly reader: EvidenceReader | undefined;
  readonly lane: Lane;
  readonly audit: LaneAudit;
  /** What hurried looks have found since, as far as a record of this version shows it too. */
  readonly opened?: (version: number) => readonly Finding[];
  readonly clients: ReadonlyMap<string, ClientStanding>;
  /** Who is behind each client id, for people. */
  readonly instances: ReadonlyMap<string, Instance>;
  readonly storeDoubted: boolean;
  /** The token of the store's life as it was before this pass; undefined = not known. */
  readonly storeLife: string | undefined;
  readonly policy: Policy;
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number;
  /** Wall clock, milliseconds since 1970; for people. */
  readonly wallMs: () => number;
}

const maxFindingsKept = 1_000;

/**
 * One pass over one lane, in the only order that proves anything: the broker's readings, then one snapshot, then the
 * judgement, then one more reading, then the store's own refusal. Rejects when the store does; nothing is half done,
 * and the next pass finds everything anew.
 */
export async function auditLane(
  input: PassInput,
): Promise<{ readonly audit: LaneAudit; readonly changed: readonly Finding[] }> {
  const { store, lane, audit } = input;
  const reading = await readEvidence(input);
  const snapshot = await store.readLane(lane);
  const judgement = judge({
    lane,
    snapshot,
    reading,
    clients: input.clients,
    storeDoubted: input.storeDoubted,
    memory: audit.memory,
    nowMs: input.nowMs(),
    policy: input.policy,
  });
  if (hasNotes(judgement.notes)) await store.writeNotes(lane, judgement.notes);
  const confirmed = await confirm(input, reading, judgement.proofs);
  const known = mergeFindings(audit.findings, input.opened?.(snapshot.version) ?? []);
  const changed = updateFindings(known, {
    lane,
    snapshot,
    gaps: judgement.gaps,
    confirmed: [...confirmed, ...orphansOf(audit, snapshot)],
    withdrawn: judgement.notes.withdrawn,
    instances: input.instances,
    clients: input.clients,
    reading,
    stamps: reading?.kind === "kafka" ? reading.extracts.flatMap((extract) => extract.stamps) : [],
    wallMs: input.wallMs(),
    nowMs: input.nowMs(),
  });
  if (changed.length > 0) await store.saveFindings(changed);
  const next: LaneAudit = {
    memory: judgement.memory,
    version: snapshot.version,
    groups: [...snapshot.groups.keys()],
    wanted: judgement.wanted.slice(0, 64),
    findings: mergeFindings(known, changed),
    isOpen: isOpen(judgement),
    passes: audit.passes + 1,
    ...(await collect(input, reading, snapshot, judgement)),
  };
  return { audit: next, changed };
}

/**
 * Whether a verdict waits for time to pass or for a part of the log to be read: nobody will write to the lane for its
 * sake, so a lane at rest has to be looked at again.
 */
function isOpen({ gaps, proofs, wanted, memory }: Judgement): boolean {
  if (proofs.length > 0 || wanted.length > 0) return true;
  if (gaps.some((gap) => gap.state !== "not-sent" && gap.state !== "explained")) return true;
  return [...memory.kafka.streams.values()].some(({ gone, displaced, candidates }) =>
    [gone, displaced, ...candidates.values()].some((aged) => aged.length > 0),
  );
}

/** Lets go what has had its time: state follows what is alive. */
async function collect(
  input: PassInput,
  reading: KafkaReading | RabbitReading | undefined,
  snapshot: LaneRecord,
  judgement: Judgement,
): Promise<Pick<LaneAudit, "waiting" | "collectAtMs" | "isCollected">> {
  const { clients, audit, policy, store, lane } = input;
  const looked = { snapshot, reading, clients, judgement, waiting: audit.waiting };
  const { due, waiting, nextAtMs } = planCollection({ ...looked, nowMs: input.nowMs(), policy });
  const isCollected = !isNothing(due) && (await store.collect(lane, due));
  return { waiting, collectAtMs: nextAtMs, isCollected };
}

async function readEvidence(input: PassInput): Promise<KafkaReading | RabbitReading | undefined> {
  const { reader, lane, audit, nowMs } = input;
  if (lane.system === "kafka") return reader?.readLog?.(lane, audit.wanted, audit.groups, nowMs);
  const beganAtMs = nowMs();
  const queues = new Map<string, RabbitReading["queues"] extends ReadonlyMap<string, infer V> ? V : never>();
  for (const queue of audit.groups) {
    const record = await input.store.readQueue(lane.cluster, queue);
    queues.set(queue, { record, reading: await reader?.readQueue?.(lane, queue, nowMs) });
  }
  return { kind: "rabbitmq", beganAtMs, queues };
}

/** A log that fell, or changed its leader, since the first reading proves nothing today. */
async function confirm(
  input: PassInput,
  reading: KafkaReading | RabbitReading | undefined,
  proofs: readonly Proof[],
): Promise<readonly Gap[]> {
  if (proofs.length === 0 || (await hasNewLife(input))) return [];
  if (reading?.kind === "kafka") {
    const again = await input.reader?.readLog?.(input.lane, [], [], input.nowMs);
    if (again === undefined || again.leader !== reading.leader || hasFallen(reading, again)) return [];
  }
  const added = await input.store.confirm(input.lane, proofs);
  return joinAlike(
    proofs.flatMap((proof, at) => {
      const sequences = added[at] ?? [];
      return isEmpty(sequences) ? [] : [{ ...proof.gap, sequences }];
    }),
  );
}

/** One finding for what one pass proved of one stream by the same fact, in however many parts it was judged. */
function joinAlike(gaps: readonly Gap[]): readonly Gap[] {
  const joined = new Map<string, Gap>();
  for (const gap of gaps) {
    const key = JSON.stringify([gap.producerId, gap.group, gap.verdict, gap.decidedBy]);
    const before = joined.get(key);
    joined.set(key, before === undefined ? gap : { ...gap, ...unionOf(before, gap) });
  }
  return [...joined.values()];
}

function unionOf(a: Gap, b: Gap): Pick<Gap, "sequences" | "offsets"> {
  const known = [a.offsets, b.offsets].filter((offsets) => offsets !== undefined);
  return {
    sequences: union(a.sequences, b.sequences),
    offsets:
      known.length === 0
        ? undefined
        : { low: Math.min(...known.map(({ low }) => low)), high: Math.max(...known.map(({ high }) => high)) },
  };
}

/** A store that failed over since the pass began may have shown a snapshot without its last writes. */
async function hasNewLife({ store, storeLife }: PassInput): Promise<boolean> {
  return storeLife !== undefined && (await store.readLife()) !== storeLife;
}

function hasFallen(before: KafkaReading, after: KafkaReading): boolean {
  return after.logStart < before.logStart || (after.logEnd ?? 0) < (before.logEnd ?? 0);
}

/** Confirmed by an auditor that ended before it could save the finding: said now, at the first look. */
function orphansOf(audit: LaneAudit, snapshot: LaneRecord): readonly Gap[] {
  if (audit.passes > 0) return [];
  const orphan = (producerId: string, group: string | undefined, sequences: Gap["sequences"]): Gap => ({
    producerId,
    group,
    sequences,
    state: "confirmed",
    verdict: "store.missing",
    cause: undefined,
    offsets: undefined,
    decidedBy: "Confirmed by an earlier auditor, whose evidence is not kept.",
  });
  const gaps: Gap[] = [];
  for (const [producerId, verdicts] of snapshot.verdicts) gaps.push(orphan(producerId, undefined, verdicts.lost));
  for (const [name, group] of snapshot.groups) {
    for (const [producerId, receipts] of group.receipts) gaps.push(orphan(producerId, name, receipts.lost));
  }
  return gaps.filter((gap) => !isEmpty(gap.sequences) && !isKnown(audit.findings, gap));
}

function isKnown(findings: readonly Finding[], gap: Gap): boolean {
  const about = findings.filter((finding) => finding.producerId === gap.producerId && finding.group === gap.group);
  const said = unionAll(
    about.flatMap((finding) => [finding.sequences.confirmed ?? [], finding.sequences.withdrawn ?? []]),
  );
  return intersection(said, gap.sequences).length === gap.sequences.length;
}

function hasNotes(notes: AuditNotes): boolean {
  return Object.values(notes).some((value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== undefined));
}

function mergeFindings(known: readonly Finding[], changed: readonly Finding[]): readonly Finding[] {
  if (changed.length === 0) return known;
  const byId = new Map(known.map((finding) => [finding.id, finding]));
  for (const finding of changed) byId.set(finding.id, finding);
  return [...byId.values()].slice(-maxFindingsKept);
}
