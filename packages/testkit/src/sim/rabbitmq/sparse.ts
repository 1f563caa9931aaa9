import { noFaults, type RabbitFaults } from "./faults.ts";
import type { Random } from "./random.ts";

/**
 * A few kinds of faults, each rare, in an otherwise healthy run: one in `messagesPerFault` messages, all kinds together.
 * What keeps somebody from being heard for seconds is rarer still: all that passes meanwhile is beyond proof.
 */
export function sparseFaults(random: Random, messagesPerFault: number): RabbitFaults {
  const publishEveryMs = random.between(40, 120);
  const pace = (producers * messagesPerPublish * 1_000) / publishEveryMs;
  const names = rare.filter((name) => random.chance(unheard.has(name) ? 0.05 : 0.15));
  const chosen = names.length === 0 ? (["silentDropShare"] as const) : names;
  const between = chosen.length * messagesPerFault;
  const mix: Partial<Record<keyof RabbitFaults, number>> = {};
  for (const name of chosen) {
    const weight = unheard.has(name) ? 20 : 1;
    mix[name] = name.endsWith("EveryS") ? (weight * between) / pace : 1 / (weight * between);
  }
  return {
    ...noFaults,
    silentDropShare: 0,
    ...mix,
    publishEveryMs,
    slowShare: 0,
    noAckShare: random.chance(0.1) ? 0.3 : 0,
    transientShare: random.chance(0.1) ? 0.5 : 0,
    plainChannelShare: random.chance(0.05) ? 0.2 : 0,
    maxLength: random.chance(0.03) ? random.integer(200, 2_000) : 0,
    overflow: random.chance(0.25) ? "reject-publish" : "drop-head",
    ttlMs: random.chance(0.03) ? random.integer(5_000, 20_000) : 0,
    deadLetter: random.chance(0.03) ? (random.chance(0.3) ? "cycle" : "rejects") : "none",
  };
}

const rare = [
  "producerKillEveryS",
  "producerCloseEveryS",
  "channelCloseEveryS",
  "lateConfirmShare",
  "neverConfirmShare",
  "consumerKillEveryS",
  "consumerCloseEveryS",
  "consumerFreezeEveryS",
  "consumerOffEveryS",
  "networkStallEveryS",
  "requeueShare",
  "rejectShare",
  "foreignConsumerEveryS",
  "foreignGetEveryS",
  "bindingEveryS",
  "purgeEveryS",
  "restartEveryS",
  "expirationShare",
  "deleteEveryS",
  "storeFailoverEveryS",
  "storeFlushEveryS",
  "storeEvictionEveryS",
  "linkCutEveryS",
  "answerLossShare",
  "auditorRestartEveryS",
  "silentDropShare",
  "pauseEveryS",
] as const satisfies readonly (keyof RabbitFaults)[];

const unheard: ReadonlySet<string> = new Set([
  "consumerKillEveryS",
  "consumerFreezeEveryS",
  "consumerOffEveryS",
  "foreignConsumerEveryS",
  "foreignGetEveryS",
  "bindingEveryS",
  "purgeEveryS",
  "restartEveryS",
  "deleteEveryS",
  "pauseEveryS",
]);

const producers = 3;
/** With the bursts in it. */
const messagesPerPublish = 2;
