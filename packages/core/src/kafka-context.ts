import type { DoubtCause } from "./finding.ts";
import type { JudgeInput } from "./judge.ts";
import { type Cleaning, cleaningAfter } from "./kafka-cleaning.ts";
import { commitsAfter } from "./kafka-commits.ts";
import { passedOverAfter, restAfter } from "./kafka-entry.ts";
import { type LogView, viewOf } from "./kafka-log.ts";
import { type GroupMemory, type KafkaMemory, noGroupMemory } from "./kafka-memory.ts";
import { neverHeard, unheardAfter } from "./kafka-unheard.ts";
import { steadyFromOf } from "./kafka-unread.ts";
import type { GroupOffsets, GroupRecord } from "./lane-record.ts";
import { above, isEmpty, lastOf, type RangeSet, union, unionAll } from "./range-set.ts";
import type { GroupReading, KafkaReading } from "./reading.ts";
import type { AuditNotes } from "./store.ts";
import type { EpochRun } from "./testimony-report.ts";

/** One group of the lane, with what counts of its testimony today. */
export interface GroupContext {
  readonly name: string;
  readonly record: GroupRecord;
  readonly memory: GroupMemory;
  readonly reading: GroupReading | undefined;
  /** Offsets of the present era with which a member said the group is done. */
  readonly done: RangeSet;
  /** The part of `done` that was handled or is never given to a handler. */
  readonly handled: RangeSet;
  readonly givenUp: RangeSet;
  readonly jumped: RangeSet;
  /** Records without our stamp: one inside an interval forbids a verdict. */
  readonly forbidden: RangeSet;
  readonly epochs: readonly EpochRun[];
  readonly lastDone: number;
  /** A stamp of this lane has arrived in the group: its headers are not stripped on the way. */
  readonly isProvable: boolean;
  /** Why a hole in the testimony is there, as far as anybody knows. */
  readonly holeCause: DoubtCause;
}

/** The lane as one pass sees it. */
export interface LaneContext {
  readonly input: JudgeInput;
  readonly reading: KafkaReading | undefined;
  readonly view: LogView;
  readonly era: number;
  readonly eraRise: AuditNotes["eraRise"];
  readonly memory: KafkaMemory;
  /** The era that began because the topic was deleted and made again. */
  readonly madeAgainIn: number | undefined;
  /** As it was read last. */
  readonly compacted: boolean | undefined;
  readonly cleaning: Cleaning;
  /** Where no record is read: from here on offsets mean what they meant when they were finished. */
  readonly steadyFrom: number;
  readonly groups: readonly GroupContext[];
  /** Of every group that was ever met, also where the store has lost it since. */
  readonly groupMemories: ReadonlyMap<string, GroupMemory>;
}

const noOffsets: GroupOffsets = { handled: [], givenUp: [], jumped: [], unstamped: [], foreign: [], epochs: [] };

/** Puts the facts of a lane together, and notices a fall of the log. */
export function contextOf(input: JudgeInput): LaneContext {
  const reading = usableReading(input);
  const memory = input.memory.kafka;
  const known = Math.max(input.snapshot.era, memory.era);
  const eraRise = riseOf(reading, memory, known);
  const era = eraRise?.era ?? known;
  const cleaning = cleaningAfter(memory.cleaning, reading, eraRise?.cut);
  const isRemade = eraRise !== undefined && isMadeAgain(reading, memory);
  const groups = [...input.snapshot.groups].map(([name, record]) =>
    groupContextOf(input, reading, name, record, { era, isMadeAgain: isRemade }),
  );
  return {
    input,
    reading,
    view: viewOf(reading),
    era,
    eraRise,
    memory,
    madeAgainIn: isRemade ? era : memory.madeAgainIn,
    compacted: cleaning.compacted,
    cleaning,
    steadyFrom: steadyFromOf(memory, reading, era),
    groups,
    groupMemories: new Map([...memory.groups, ...groups.map((group) => [group.name, group.memory] as const)]),
  };
}

/**
 * A partition that is not there is an empty log only where it never was. Of one that is gone, with its topic, the
 * count says nothing.
 */
function usableReading({ reading, memory, snapshot }: JudgeInput): KafkaReading | undefined {
  if (reading?.kind !== "kafka") return undefined;
  if (reading.partitionCount === undefined) return reading;
  const wasThere =
    memory.kafka.highestOffset >= 0 ||
    snapshot.era > 0 ||
    snapshot.groups.size > 0 ||
    [...snapshot.ledgers.values()].some(({ acked }) => !isEmpty(acked));
  return wasThere ? undefined : reading;
}

/**
 * Only what stood in an earlier snapshot is compared: an offset acked after the reading began proves no fall. Where the
 * leader's own end cannot be read, what a group has finished lay below a high watermark once; one that is lower now may
 * only lag, so it makes two eras, and a cut above which nothing lies: it proves nothing gone.
 */
function riseOf(reading: KafkaReading | undefined, memory: KafkaMemory, era: number): AuditNotes["eraRise"] {
  if (reading === undefined || memory.era < era) return undefined;
  const endFell =
    reading.logEnd === undefined ? reading.highWatermark <= memory.highestDone : reading.logEnd <= memory.highestOffset;
  const fell = endFell || reading.logStart < memory.logStart;
  return fell ? { era: era + 1, cut: reading.logEnd ?? Number.MAX_SAFE_INTEGER } : undefined;
}

/** A broker forgets what groups had committed in a topic together with the topic, and at no other fall. */
function isMadeAgain(reading: KafkaReading | undefined, memory: KafkaMemory): boolean {
  if (reading?.logStart !== 0) return false;
  const known = [...reading.groups].filter(([name]) => (memory.groups.get(name)?.highestCommit ?? 0) > 0);
  return known.length > 0 && known.every(([, { committed }]) => committed === undefined);
}

/** The log as this pass found it. */
interface LogLife {
  readonly era: number;
  /** The topic was deleted and made again since the last pass. */
  readonly isMadeAgain: boolean;
}

function groupContextOf(
  input: JudgeInput,
  reading: KafkaReading | undefined,
  name: string,
  record: GroupRecord,
  of: LogLife,
): GroupContext {
  const { era } = of;
  const group = reading?.groups.get(name);
  const memory = groupMemoryOf(input, reading, group, name, record, of);
  const offsets = record.done.get(era) ?? noOffsets;
  const from = record.floor - 1;
  const handled = above(offsets.handled, from);
  const givenUp = above(offsets.givenUp, Math.max(from, memory.doubtTo - 1));
  const jumped = above(offsets.jumped, Math.max(from, memory.doubtTo - 1));
  const done = unionAll([handled, givenUp, jumped]);
  return {
    name,
    record,
    memory,
    reading: group,
    done,
    handled,
    givenUp,
    jumped,
    forbidden: union(offsets.unstamped, offsets.foreign),
    epochs: offsets.epochs,
    lastDone: lastOf(done) ?? -1,
    isProvable: record.receipts.size > 0,
    holeCause: holeCauseOf(input, record, memory, done),
  };
}

/**
 * Below `doubtTo` somebody unheard may have done the work before: it rises to the log's end while a foreign member is
 * in the group (and a while after), and while a member of ours is silent or off.
 */
function groupMemoryOf(
  input: JudgeInput,
  reading: KafkaReading | undefined,
  group: GroupReading | undefined,
  name: string,
  record: GroupRecord,
  of: LogLife,
): GroupMemory {
  const { era } = of;
  const before = input.memory.kafka.groups.get(name) ?? noGroupMemory;
  const { nowMs, policy } = input;
  const foreign = group !== undefined && group.foreignMemberCount > 0;
  const foreignUntilMs = foreign ? nowMs + policy.foreignMs : before.foreignUntilMs;
  const silentSince = new Map<string, number>();
  for (const [clientId, member] of record.members) {
    const isSilent = input.clients.get(member.clientId) === "silent" && member.claim.state !== "closed";
    if (isSilent) silentSince.set(clientId, before.silentSince.get(clientId) ?? nowMs);
  }
  const hasFreshlySilent = [...silentSince.values()].some((since) => since + policy.foreignMs > nowMs);
  const hasOff = [...record.members.values()].some(
    (member) => member.claim.state === "off" && input.clients.get(member.clientId) === "off",
  );
  const hasAllLeft = [...record.members].every(([clientId, { claim }]) => {
    const since = silentSince.get(clientId);
    return claim.state === "closed" || (since !== undefined && since + policy.foreignMs <= nowMs);
  });
  const unheard = unheardAfter(before.unheard, group, record, nowMs);
  const lost = new Set(neverHeard(unheard, nowMs - policy.graceMs));
  const clients = input.clients;
  const look = { reading, group, record, before, era, clients, hasAllLeft, unheard, ...storeOf(input) };
  const rest = restAfter(look);
  const isDoubted = foreignUntilMs > nowMs || hasFreshlySilent || hasOff || lost.size > 0;
  const end = reading === undefined ? 0 : Math.max(reading.logEnd ?? 0, reading.highWatermark);
  return {
    doubtTo: Math.max(before.doubtTo, record.doubtTo, isDoubted ? end : 0),
    ...commitsAfter(before, { group, record, isMadeAgain: of.isMadeAgain }),
    readSince: group === undefined ? before.readSince : Math.min(before.readSince, era),
    foreignUntilMs,
    foreignSeen: before.foreignSeen || foreign,
    silentSince,
    unheard: new Map([...unheard].filter(([clientId]) => !lost.has(clientId))),
    rest,
    passedOver: passedOverAfter(look, rest),
  };
}

function storeOf({ snapshot, storeDoubted }: JudgeInput): { version: number; isStoreDoubted: boolean } {
  return { version: snapshot.version, isStoreDoubted: storeDoubted };
}

function holeCauseOf(input: JudgeInput, record: GroupRecord, memory: GroupMemory, done: RangeSet): DoubtCause {
  const standings = [...record.members.values()].map((member) => input.clients.get(member.clientId));
  if (memory.silentSince.size > 0) return "member-died";
  if (memory.foreignSeen) return "foreign-member";
  if (standings.includes("off")) return "switched-off";
  if ((done[0] ?? 0) > 0 && done.length === 2) return "joined-late";
  return "not-testified";
}
