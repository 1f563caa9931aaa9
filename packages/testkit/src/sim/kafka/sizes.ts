import type { Random } from "../rabbitmq/random.ts";
import { type KafkaFaults, kafkaProfiles, noFaults } from "./faults.ts";

/** How big things are in a run: the same fault looks different in a send of two and in one of two hundred. */
export interface KafkaSizes {
  /** Messages of one send. */
  readonly sendMost: number;
  /** Records of one fetch. */
  readonly fetchMost: number;
  /** Messages that a handler leaves behind at once. */
  readonly leaveMost: number;
}

/** Little traffic, as the dense mixes of faults want it. */
export const smallSizes: KafkaSizes = { sendMost: 4, fetchMost: 40, leaveMost: 40 };

/** Draws sizes for a run with long healthy stretches. */
export function drawSizes(random: Random): KafkaSizes {
  const sendMost = random.pick([10, 50, 100, 200, 400]) ?? 50;
  const fetchMost = random.pick([200, 500, 2_000, 5_000]) ?? 500;
  return { sendMost, fetchMost, leaveMost: random.integer(1, 20) };
}

/** Messages that a run's producers send in a second of its time, about. */
function paceOf({ sendMost }: KafkaSizes): number {
  return sendsPerSecond * meanOf(sendMost);
}

/**
 * A mix of few faults, each rare and sharp, in an otherwise healthy run: one in `messagesPerFault` messages, all kinds
 * together. What keeps somebody from being heard for seconds, or takes what no group has read, comes where little is
 * sent and more rarely: all that passes meanwhile is beyond proof. What is of a whole run is there or not.
 */
export function sparseOf(random: Random, sizes: KafkaSizes, messagesPerFault: number): KafkaFaults {
  const names = Object.keys(kafkaProfiles.everything)
    .filter(isFault)
    .filter((name) => !perRun.has(name));
  const isQuiet = sizes.sendMost <= quietSendMost;
  const chosen = names.filter((name) => (!heavy.has(name) || isQuiet) && random.chance(heavy.has(name) ? 0.08 : 0.15));
  const kinds = chosen.length === 0 ? [random.pick(["omittedLost", "givenUp"] as const) ?? "omittedLost"] : chosen;
  const between = kinds.length * messagesPerFault;
  const mix: Partial<Record<keyof KafkaFaults, number>> = {};
  for (const name of kinds) mix[name] = rateOf(name, sizes, between * (heavy.has(name) ? 10 : 1));
  for (const name of perRun) if (random.chance(0.4)) mix[name] = kafkaProfiles.everything[name];
  return { ...noFaults, ...mix };
}

function rateOf(name: keyof KafkaFaults, sizes: KafkaSizes, messagesBetween: number): number {
  if (name.endsWith("EveryMs")) return (1_000 * messagesBetween) / paceOf(sizes);
  return Math.min(0.1, occasionOf(name, sizes) / messagesBetween);
}

/** How many messages pass between two occasions at which a fault could strike. */
function occasionOf(name: keyof KafkaFaults, sizes: KafkaSizes): number {
  if (perBatch.has(name)) return Math.min(sizes.fetchMost / 2, paceOf(sizes) * secondsPerBatch);
  if (name === "answerLoss") return paceOf(sizes) / writesPerSecond;
  if (name === "silentLog" || name === "slowLog") return paceOf(sizes) / readingsPerSecond;
  return meanOf(sizes.sendMost);
}

function meanOf(most: number): number {
  return (1 + most) / 2;
}

function isFault(name: string): name is keyof KafkaFaults {
  return name in noFaults;
}

/** Of a whole run, or of what another fault does: they are no faults by themselves. */
const perRun: ReadonlySet<keyof KafkaFaults> = new Set([
  "acksOne",
  "zombie",
  "hiddenLogEnd",
  "secondAuditor",
  "secondGroup",
  "fromLatest",
]);

const perBatch: ReadonlySet<keyof KafkaFaults> = new Set([
  "givenUp",
  "brokenOff",
  "failedHandler",
  "seekForward",
  "seekBack",
  "slowHandler",
  "commitFailure",
]);

/** Three producers, each of them every 15 to 60 ms. */
const sendsPerSecond = 80;
const secondsPerBatch = 0.03;
const writesPerSecond = 10;
const readingsPerSecond = 1.3;

const heavy: ReadonlySet<keyof KafkaFaults> = new Set([
  "producerToggleEveryMs",
  "memberToggleEveryMs",
  "foreignMemberEveryMs",
  "recreationEveryMs",
  "retentionEveryMs",
  "truncationEveryMs",
  "producerKillEveryMs",
  "memberKillEveryMs",
]);
const quietSendMost = 10;
