import type { Random } from "./random.ts";

/** What goes wrong, and how often. Means of seconds between two such events; 0 = never. Shares are of messages. */
export interface RabbitFaults {
  /** Mean time between two publishes of one producer. */
  readonly publishEveryMs: number;
  readonly producerKillEveryS: number;
  readonly producerCloseEveryS: number;
  readonly channelCloseEveryS: number;
  readonly lateConfirmShare: number;
  readonly neverConfirmShare: number;
  /** Of producers: their channels have no confirms. */
  readonly plainChannelShare: number;
  readonly consumerKillEveryS: number;
  readonly consumerCloseEveryS: number;
  readonly consumerFreezeEveryS: number;
  readonly consumerOffEveryS: number;
  /** Between broker and consumer nothing moves for a while, though the consumer reaches the store. */
  readonly networkStallEveryS: number;
  readonly noAckShare: number;
  /** Of consumers: they hardly keep up. */
  readonly slowShare: number;
  readonly requeueShare: number;
  readonly rejectShare: number;
  readonly foreignConsumerEveryS: number;
  readonly foreignGetEveryS: number;
  readonly bindingEveryS: number;
  readonly purgeEveryS: number;
  readonly restartEveryS: number;
  /** Of producers: their messages are not persistent. */
  readonly transientShare: number;
  /** Of messages: they have an expiration of their own. */
  readonly expirationShare: number;
  /** A queue is deleted, and declared again after a while. */
  readonly deleteEveryS: number;
  readonly storeFailoverEveryS: number;
  readonly storeFlushEveryS: number;
  readonly storeEvictionEveryS: number;
  readonly linkCutEveryS: number;
  readonly answerLossShare: number;
  readonly auditorRestartEveryS: number;
  /** The queue loses it though it confirmed it. */
  readonly silentDropShare: number;
  readonly maxLength: number;
  readonly overflow: "drop-head" | "reject-publish";
  readonly ttlMs: number;
  /** Where dropped, expired and rejected messages go: away, to another queue for good, or back here after a while. */
  readonly deadLetter: "none" | "rejects" | "cycle";
  /** All consumers stop for a while: the queue fills. */
  readonly pauseEveryS: number;
}

/** Those that are drawn thing by thing. */
export type RabbitShare = Extract<keyof RabbitFaults, `${string}Share`>;

export const noFaults: RabbitFaults = {
  publishEveryMs: 120,
  producerKillEveryS: 0,
  producerCloseEveryS: 0,
  channelCloseEveryS: 0,
  lateConfirmShare: 0,
  neverConfirmShare: 0,
  plainChannelShare: 0,
  consumerKillEveryS: 0,
  consumerCloseEveryS: 0,
  consumerFreezeEveryS: 0,
  consumerOffEveryS: 0,
  networkStallEveryS: 0,
  noAckShare: 0,
  slowShare: 0.2,
  requeueShare: 0,
  rejectShare: 0,
  foreignConsumerEveryS: 0,
  foreignGetEveryS: 0,
  bindingEveryS: 0,
  purgeEveryS: 0,
  restartEveryS: 0,
  transientShare: 0,
  expirationShare: 0,
  deleteEveryS: 0,
  storeFailoverEveryS: 0,
  storeFlushEveryS: 0,
  storeEvictionEveryS: 0,
  linkCutEveryS: 0,
  answerLossShare: 0,
  auditorRestartEveryS: 0,
  silentDropShare: 0.01,
  maxLength: 0,
  overflow: "drop-head",
  ttlMs: 0,
  deadLetter: "none",
  pauseEveryS: 0,
};

/** Faults after which a loss may rightly end in doubt. Without any of them every loss has to be confirmed. */
export function makesDoubt(faults: RabbitFaults): boolean {
  const sources = [
    faults.producerKillEveryS,
    faults.consumerKillEveryS,
    faults.consumerOffEveryS,
    faults.consumerFreezeEveryS,
    faults.foreignConsumerEveryS,
    faults.foreignGetEveryS,
    faults.bindingEveryS,
    faults.restartEveryS,
    faults.deleteEveryS,
    faults.storeFailoverEveryS,
    faults.storeFlushEveryS,
    faults.storeEvictionEveryS,
    faults.linkCutEveryS,
    faults.auditorRestartEveryS,
    // A consumer that closes waits for its handlers and its goodbye no longer than a shutdown may take.
    faults.slowShare * (faults.consumerCloseEveryS + faults.channelCloseEveryS),
  ];
  // A consumer whose last report is not answered in time ends unclean.
  return sources.some((each) => each > 0) || faults.answerLossShare > 0 || faults.deadLetter === "cycle";
}

/** A few faults at once, drawn by the seed; every tenth run has none that makes a doubt, every seventh nearly all. */
export function drawFaults(random: Random): RabbitFaults {
  const kind = random.next();
  const share = kind < 0.15 ? 1 : kind < 0.3 ? 0 : 0.2;
  const every = (low: number, high: number): number => (random.chance(share) ? random.between(low, high) : 0);
  const sometimes = (low: number, high: number): number => (random.chance(0.3) ? random.between(low, high) : 0);
  return {
    publishEveryMs: random.chance(0.1) ? random.between(300, 1_500) : random.between(40, 200),
    producerKillEveryS: every(10, 40),
    producerCloseEveryS: sometimes(10, 40),
    channelCloseEveryS: sometimes(5, 20),
    lateConfirmShare: sometimes(0.001, 0.05),
    neverConfirmShare: sometimes(0.001, 0.01),
    plainChannelShare: sometimes(0.1, 0.4),
    consumerKillEveryS: every(8, 40),
    consumerCloseEveryS: sometimes(2, 20),
    consumerFreezeEveryS: every(6, 30),
    consumerOffEveryS: every(8, 30),
    networkStallEveryS: sometimes(4, 20),
    noAckShare: sometimes(0.1, 0.6),
    slowShare: random.between(0, 0.8),
    requeueShare: sometimes(0.005, 0.1),
    rejectShare: sometimes(0.005, 0.05),
    foreignConsumerEveryS: every(6, 30),
    foreignGetEveryS: every(4, 20),
    bindingEveryS: every(8, 30),
    purgeEveryS: sometimes(10, 40),
    restartEveryS: every(20, 60),
    transientShare: sometimes(0.2, 1),
    expirationShare: random.chance(0.2) ? random.between(0.05, 0.5) : 0,
    deleteEveryS: every(25, 60),
    storeFailoverEveryS: every(8, 30),
    storeFlushEveryS: every(15, 50),
    storeEvictionEveryS: every(10, 40),
    linkCutEveryS: every(5, 30),
    answerLossShare: random.chance(0.4) ? 0.02 : 0,
    auditorRestartEveryS: every(10, 40),
    silentDropShare: random.between(0.002, 0.03),
    maxLength: random.chance(0.3) ? random.integer(10, 60) : 0,
    overflow: random.chance(0.25) ? "reject-publish" : "drop-head",
    ttlMs: random.chance(0.2) ? random.integer(300, 4_000) : 0,
    deadLetter: random.chance(0.25) ? (random.chance(0.7) ? "cycle" : "rejects") : "none",
    pauseEveryS: sometimes(8, 30),
  };
}
