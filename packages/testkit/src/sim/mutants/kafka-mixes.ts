import type { Catch } from "./mutant.ts";

/** Messages that get lost, and the ordinary noise of sending and handling. */
const losses = {
  omittedLost: 0.02,
  omittedStored: 0.02,
  rejectedStored: 0.01,
  refused: 0.01,
  storedTwice: 0.01,
  givenUp: 0.05,
  seekForward: 0.02,
  failedHandler: 0.03,
  invisible: 0.05,
};

const mixed = (given: Catch["given"], seeds: number): Catch => ({
  system: "kafka",
  messages: 2_500,
  seeds,
  ...(given !== undefined && { given }),
});

/** Faults that bring out one kind of mistake: few others stand in its way. */
export const kafkaMixes = {
  /** Whatever the seeds draw. */
  drawn: (seeds: number): Catch => ({ system: "kafka", seeds }),
  /** Stored though left out of the answer; followers lag, handlers are slow, groups rest. */
  lag: (seeds: number): Catch =>
    mixed(
      {
        omittedStored: 0.1,
        omittedLost: 0.05,
        rejectedStored: 0.05,
        followerLagEveryMs: 1_000,
        emptyGroupEveryMs: 5_000,
        slowHandler: 0.05,
      },
      seeds,
    ),
  /** The same where nobody sees the leader's own log end. */
  hidden: (seeds: number): Catch =>
    mixed(
      {
        omittedStored: 0.1,
        omittedLost: 0.05,
        hiddenLogEnd: 1,
        followerLagEveryMs: 1_500,
        electionEveryMs: 3_000,
        emptyGroupEveryMs: 6_000,
      },
      seeds,
    ),
  /** Headers get lost on the way. */
  headers: (seeds: number): Catch =>
    mixed({ stripped: 0.05, unstamped: 0.02, omittedStored: 0.1, omittedLost: 0.03, emptyGroupEveryMs: 6_000 }, seeds),
  /** Members leave much behind, their commits fail, and the partition moves on in good order. */
  givenUp: (seeds: number): Catch =>
    mixed(
      {
        ...losses,
        rebalanceEveryMs: 1_500,
        commitFailure: 0.5,
        givenUp: 0.5,
        slowHandler: 0.3,
        seekForward: 0.2,
        seekBack: 0.1,
        failedHandler: 0.05,
      },
      seeds,
    ),
  /** Uninstrumented members come, work and go. */
  foreign: (seeds: number): Catch =>
    mixed(
      {
        ...losses,
        foreignMemberEveryMs: 3_000,
        givenUp: 0.1,
        seekForward: 0.03,
        zombie: 0.5,
        rebalanceEveryMs: 2_500,
        slowHandler: 0.03,
      },
      seeds,
    ),
  /** Members are killed between a handler and its report. */
  kills: (seeds: number): Catch =>
    mixed(
      {
        ...losses,
        memberKillEveryMs: 2_500,
        commitFailure: 0.1,
        givenUp: 0.1,
        rebalanceEveryMs: 2_000,
        zombie: 0.3,
        slowHandler: 0.02,
      },
      seeds,
    ),
  /** Partitions are taken away from members that work on, whose links to the store are cut. */
  cutLinks: (seeds: number): Catch =>
    mixed(
      {
        ...losses,
        rebalanceEveryMs: 600,
        zombie: 0.7,
        givenUp: 0.2,
        commitFailure: 0.1,
        slowHandler: 0.05,
        cutEveryMs: 700,
        answerLoss: 0.1,
      },
      seeds,
    ),
  /** The log is cut at its end, its followers lag, answers come from the leader alone. */
  cuts: (seeds: number): Catch =>
    mixed(
      {
        ...losses,
        truncationEveryMs: 3_000,
        followerLagEveryMs: 3_000,
        acksOne: 0.5,
        electionEveryMs: 4_000,
        emptyGroupEveryMs: 6_000,
        storedTwice: 0.03,
        slowHandler: 0.05,
      },
      seeds,
    ),
  /** Batches are stored twice, and the log is cut between the copies. */
  twice: (seeds: number): Catch =>
    mixed(
      {
        storedTwice: 0.2,
        truncationEveryMs: 1_500,
        followerLagEveryMs: 1_500,
        acksOne: 0.5,
        slowHandler: 0.1,
        emptyGroupEveryMs: 4_000,
        electionEveryMs: 2_000,
      },
      seeds,
    ),
  /** The topic is deleted and made again. */
  remade: (seeds: number): Catch =>
    mixed(
      { ...losses, recreationEveryMs: 3_000, emptyGroupEveryMs: 5_000, slowHandler: 0.05, cutEveryMs: 3_000 },
      seeds,
    ),
  /** Links are cut, stamps forged: receipts wait for their ledger. */
  ahead: (seeds: number): Catch =>
    mixed({ ...losses, omittedLost: 0.05, cutEveryMs: 500, forged: 0.3, secondGroup: 1 }, seeds),
} as const;
