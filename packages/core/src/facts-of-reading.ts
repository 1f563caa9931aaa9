import { offsetsIn, timeIn } from "./fact-words.ts";
import type { PassResult } from "./findings.ts";
import { countOf, rangeOf } from "./range-set.ts";
import {
  type GroupReading,
  type KafkaReading,
  type LogExtract,
  mayDeadLetter,
  type QueueLimits,
  type QueueReading,
  type RabbitReading,
} from "./reading.ts";

/** What the broker itself showed in this pass, and when. */
export function factsOfReading(groups: readonly string[], pass: PassResult): readonly string[] {
  const { reading } = pass;
  if (reading?.kind === "kafka") return factsOfLog(reading, groups, pass);
  if (reading?.kind === "rabbitmq") return groups.flatMap((queue) => factsOfQueue(queue, reading, pass));
  return ["The broker was not read in this pass."];
}

function factsOfLog(reading: KafkaReading, groups: readonly string[], pass: PassResult): readonly string[] {
  if (reading.partitionCount !== undefined) {
    const { destination, partition } = pass.lane;
    const at = wallOf(reading.endedAtMs, pass);
    const count = `${reading.partitionCount} partition${reading.partitionCount === 1 ? "" : "s"}`;
    return [`Read at ${at}: ${destination} has ${count}, and ${partition} is not among them.`];
  }
  const { leader, logStart, logEnd, highWatermark, lastStableOffset, compacted } = reading;
  const own = logEnd === undefined ? "its own end not readable" : `its own end ${logEnd}`;
  const policy = compacted === undefined ? "not read" : compacted ? "compact" : "delete";
  return [
    `Read at ${wallOf(reading.endedAtMs, pass)} from leader ${leader}: log start ${logStart}, ${own}, high watermark ${highWatermark}, last stable offset ${lastStableOffset}; cleanup policy ${policy}.`,
    ...groups.flatMap((name) => aboutGroup(name, reading.groups.get(name))),
    ...reading.extracts.slice(0, maxExtractsSaid).map(aboutExtract),
    ...(reading.recordsUnread === true
      ? ["Records are not read: by the auditor's settings, or because the broker refuses them."]
      : []),
  ];
}

function aboutGroup(name: string, group: GroupReading | undefined): readonly string[] {
  if (group === undefined) return [];
  const committed = group.committed === undefined ? "has committed nothing" : `has committed ${group.committed}`;
  const members = group.isEmpty ? "is empty" : "has members";
  const foreign = group.foreignMemberCount;
  const whose = foreign === 0 ? "" : `, ${foreign} of them not instrumented`;
  return [`At the broker ${name} ${committed} and ${members}${whose}.`];
}

function aboutExtract({ first, last, stamps, unstamped }: LogExtract): string {
  const others = countOf(unstamped);
  const rest = others === 0 ? "" : ` and ${others} without a stamp of this place`;
  return `The log was read at ${offsetsIn(rangeOf(first, last))}: ${stamps.length} stamped records${rest}.`;
}

function factsOfQueue(queue: string, reading: RabbitReading, pass: PassResult): readonly string[] {
  const look = reading.queues.get(queue)?.reading;
  if (look === undefined) return [`Queue ${queue} could not be read in this pass.`];
  if (look.isAway === true)
    return [`Read at ${wallOf(look.beganAtMs, pass)}: the node that holds queue ${queue} is away.`];
  if (!look.exists) return [`Read at ${wallOf(look.beganAtMs, pass)}: queue ${queue} does not exist.`];
  return [
    `Read at ${wallOf(look.beganAtMs, pass)}: queue ${queue} holds ${countText(look.ready)} ready and ${countText(look.unacked)} unacknowledged messages, with ${countText(look.consumerCount)} consumers.`,
    ...aboutRoute(queue, look),
  ];
}

function aboutRoute(queue: string, { bound, provable, limits }: QueueReading): readonly string[] {
  const said: string[] = [];
  if (bound === false) said.push(`No binding leads from this exchange and key to ${queue}.`);
  if (bound === undefined) said.push(`Whether a binding leads to ${queue} could not be read.`);
  if (!provable) said.push(`The order of ${queue} proves nothing: its kind, or an exchange on the way, gives none.`);
  return [...said, ...aboutLimits(queue, limits)];
}

function aboutLimits(queue: string, limits: QueueLimits): readonly string[] {
  const said: string[] = [];
  if (limits.ttlMs !== undefined) said.push(`gives messages ${limits.ttlMs} ms to live`);
  if (limits.dropsHead) said.push("throws away the oldest at its length limit");
  if (limits.atRestart === "none") said.push("does not outlive a restart of its broker");
  if (limits.atRestart === "persistent") said.push("keeps persistent messages alone at a restart of its broker");
  if (limits.goesWith === "connection") said.push("goes with the connection that declared it");
  if (limits.goesWith === "last-consumer") said.push("goes with its last consumer");
  if (limits.expiresAfterMs !== undefined) said.push(`goes when nobody has used it for ${limits.expiresAfterMs} ms`);
  if (mayDeadLetter(limits)) said.push("passes on what it throws away to a dead-letter exchange");
  return said.length === 0 ? [] : [`${queue} ${said.join(", ")}.`];
}

function countText(count: number | undefined): string {
  return count === undefined ? "an unknown number of" : String(count);
}

/** The auditor's monotonic time, on the clock that people read. */
function wallOf(monotonicMs: number, { wallMs, nowMs }: PassResult): string {
  return timeIn(Math.round(wallMs - ((nowMs ?? monotonicMs) - monotonicMs)));
}

const maxExtractsSaid = 4;
