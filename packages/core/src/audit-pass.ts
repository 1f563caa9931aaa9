import { isNothing, planCollection } from "./collection.ts";
import { noWaiting, type Waiting } from "./collection-wait.ts";
import type { EvidenceReader } from "./evidence.ts";
import type { Finding, Gap, Instance } from "./finding.ts";
import { updateFindings } from "./findings.ts";
import { joinAlike } from "./join-alike.ts";
import { type ClientStanding, type Judgement, judge, type LaneMemory, noMemory, type Proof } from "./judge.ts";
import type { Lane } from "./lane.ts";
import type { LaneRecord } from "./lane-record.ts";
import { orphansOf, type ToldLosses, toldBy } from "./orphans.ts";
import type { Policy } from "./policy.ts";
import { isEmpty } from "./range-set.ts";
import type { KafkaReading, LogRange, RabbitReading } from "./reading.ts";
import type { AuditNotes, Store } from "./store.ts";
import { inTurn } from "./wanted-ranges.ts";

/** What an auditor keeps of one lane between its passes. Losing it only delays. */
export interface LaneAudit {
  readonly memory: LaneMemory;
  /** The version that the last snapshot had. */
  readonly version: number;
  readonly groups: readonly string[];
  readonly wanted: readonly LogRange[];
  readonly findings: readonly Finding[];
  /** What is final, as far as the findings tell of it. */
  readonly told: ToldLosses;
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
  told: new Map(),
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
  /** Where several auditors share the lanes: what the store knows this one by. */
  readonly auditorId?: string;
  /** Whether the lane is this auditor's still: one that slept may have lost it meanwhile. Absent = nobody else audits. */
  readonly isHeld?: () => boolean;
  /** The token of the store's life as it was before this pass; undefined = not known. */
  readonly storeLife: string | undefined;
  readonly policy: Policy;
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number;
  /** Wall clock, milliseconds since 1970; for people. */
  readonly wallMs: () => number;
}

const maxFindingsKept = 1_000;
/** Queues behind one key that nobody consumes: beyond these they are not watched. */
const maxUnreadQueues = 64;

/** What one pass over a lane came to. */
export interface LanePass {
  readonly audit: LaneAudit;
  /** What is to be told: it was saved, and no other auditor tells it. */
  readonly changed: readonly Finding[];
  /** Another auditor holds the lane by now. */
  readonly isLost: boolean;
  /** Why the store did not take the end of it: the next pass makes up for that. */
  readonly failure?: unknown;
}

/**
 * One pass over one lane, in the only order that proves anything: the broker's readings, then one snapshot, then the
 * judgement, then one more reading, then the store's own refusal. Rejects when the store fails before anything was
 * decided: the next pass then finds everything anew.
 */
export async function auditLane(given: PassInput): Promise<LanePass> {
  const { store, lane } = given;
  const reading = await readEvidence(given);
  const snapshot = await store.readLane(lane);
  const audit = withOpened(given, snapshot.version);
  const input = { ...given, audit };
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
  const looked: Looked = { snapshot, reading, judgement, orphans: orphansOf(snapshot, audit.told, audit.findings) };
  const announced = await announce(input, looked);
  if (announced === undefined) return { audit, changed: [], isLost: true };
  try {
    return await decide(input, looked, announced);
  } catch (failure) {
    const findings = mergeFindings(audit.findings, announced);
    return { audit: { ...audit, findings }, changed: [], isLost: false, failure };
  }
}

/** With the findings that hurried looks have opened meanwhile. */
function withOpened({ audit, opened }: PassInput, version: number): LaneAudit {
  const findings = opened?.(version) ?? [];
  return findings.length === 0 ? audit : { ...audit, findings: mergeFindings(audit.findings, findings) };
}

/** What a pass knows before it makes anything final. */
interface Looked {
  readonly snapshot: LaneRecord;
  readonly reading: KafkaReading | RabbitReading | undefined;
  readonly judgement: Judgement;
  readonly orphans: readonly Gap[];
}

/**
 * Saves what is about to be made final as suspected, with all that is known of it. Should this auditor die before the
 * end of the pass, the next one finds the confirmation in the record and knows what it was. Undefined = the lane is
 * another auditor's.
 */
async function announce(input: PassInput, looked: Looked): Promise<readonly Finding[] | undefined> {
  const { judgement, orphans } = looked;
  if (judgement.proofs.length === 0) return [];
  const proven = joinAlike(judgement.proofs.map(({ gap }) => gap)).map((gap) => ({
    ...gap,
    state: "suspected" as const,
  }));
  const announced = update(input, looked, input.audit.findings, {
    gaps: [...proven, ...judgement.gaps],
    confirmed: orphans,
  });
  return (await save(input, announced)) ? announced : undefined;
}

/** Makes final what the store agrees to, and what the findings say of it. */
async function decide(input: PassInput, looked: Looked, announced: readonly Finding[]): Promise<LanePass> {
  const { audit } = input;
  const { snapshot, reading, judgement, orphans } = looked;
  const confirmed = [...(await confirm(input, reading, judgement.proofs)), ...orphans];
  const known = mergeFindings(audit.findings, announced);
  const decided = update(input, looked, known, { gaps: judgement.gaps, confirmed });
  if (!(await save(input, decided))) return { audit, changed: [], isLost: true };
  const next: LaneAudit = {
    memory: judgement.memory,
    version: snapshot.version,
    groups: [...snapshot.groups.keys()],
    wanted: inTurn(judgement.wanted, reading).slice(0, 64),
    findings: mergeFindings(known, decided),
    told: toldBy(snapshot, confirmed),
    isOpen: isOpen(judgement),
    passes: audit.passes + 1,
    ...(await collect(input, reading, snapshot, judgement)),
  };
  const changed = new Map([...announced, ...decided].map((finding) => [finding.id, finding]));
  return { audit: next, changed: [...changed.values()], isLost: false };
}

/** The findings that change by what this pass knows. */
function update(
  input: PassInput,
  { snapshot, reading, judgement }: Looked,
  known: readonly Finding[],
  { gaps, confirmed }: { readonly gaps: readonly Gap[]; readonly confirmed: readonly Gap[] },
): readonly Finding[] {
  return updateFindings(known, {
    lane: input.lane,
    snapshot,
    gaps,
    confirmed,
    withdrawn: judgement.notes.withdrawn,
    instances: input.instances,
    clients: input.clients,
    reading,
    stamps: reading?.kind === "kafka" ? reading.extracts.flatMap((extract) => extract.stamps) : [],
    wallMs: input.wallMs(),
    nowMs: input.nowMs(),
  });
}

/** False = another auditor holds the lane, and nothing was saved. */
async function save({ store, auditorId }: PassInput, findings: readonly Finding[]): Promise<boolean> {
  if (findings.length === 0) return true;
  const taken = await store.saveFindings(findings, auditorId);
  return findings.every(({ id }) => taken.has(id));
}

/**
 * Whether a verdict waits for time to pass or for a part of the log to be read: nobody will write to the lane for its
 * sake, so a lane at rest has to be looked at again.
 */
function isOpen({ gaps, proofs, wanted, memory }: Judgement): boolean {
  if (proofs.length > 0 || wanted.length > 0) return true;
  if (gaps.some((gap) => gap.state !== "not-sent" && gap.state !== "explained")) return true;
  // What waits in a queue is looked after before anybody has to hear of it: the queue may end at any time.
  const queues = [...memory.rabbit.queues.values()].flatMap(({ streams }) => [...streams.values()]);
  if (queues.some(({ cohorts }) => cohorts.length > 0)) return true;
  return [...memory.kafka.streams.values()].some(({ gone, displaced, candidates, doubts }) =>
    [gone, displaced, ...candidates.values(), ...doubts.values()].some((aged) => aged.length > 0),
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
  // One that the lane reaches is watched though nobody consumes it, and one that was is missed when it is gone.
  const reached = (await reader?.findQueues?.(lane, nowMs)) ?? [];
  const watched = [...audit.groups, ...reached.slice(0, maxUnreadQueues), ...audit.memory.rabbit.queues.keys()];
  for (const queue of new Set(watched)) {
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
  if (proofs.length === 0 || input.isHeld?.() === false || (await hasNewLife(input))) return [];
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

/** A store that failed over since the pass began may have shown a snapshot without its last writes. */
async function hasNewLife({ store, storeLife }: PassInput): Promise<boolean> {
  return storeLife !== undefined && (await store.readLife()) !== storeLife;
}

function hasFallen(before: KafkaReading, after: KafkaReading): boolean {
  return after.logStart < before.logStart || (after.logEnd ?? 0) < (before.logEnd ?? 0);
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
