import { kafkaMixes } from "./kafka-mixes.ts";
import type { Mutant } from "./mutant.ts";

const core = "packages/core/src";

/** Rules that stand for each other: taken out alone neither is missed, together they are. */
export const pairedMutants: readonly Mutant[] = [
  {
    id: "pair.takeover",
    rule: "what was not watched until now is in doubt, as a queue and as a stream",
    file: `${core}/judge-rabbitmq-watch.ts`,
    from: 'seen.lookedAtMs - previous.lookedAtMs > maxUnwatchedMs ? "joined-late" : undefined,',
    to: "",
    and: [
      {
        file: `${core}/judge-rabbitmq-doubt.ts`,
        from: 'return { kind: "ending", cause: first, atNumber: ledger.number + 1 };',
        to: 'return first === "state-lost" ? { kind: "ending", cause: first, atNumber: ledger.number + 1 } : { kind: "none" };',
      },
    ],
    caughtBy: {
      system: "rabbitmq",
      seeds: 60,
      messages: 3_000,
      given: { auditorRestartEveryS: 6, foreignConsumerEveryS: 8 },
    },
  },
  {
    id: "pair.doubt-to",
    rule: "below doubtTo a member's leaving proves nothing, for the judge and for the store",
    file: `${core}/kafka-context.ts`,
    from: "const givenUp = above(offsets.givenUp, Math.max(from, memory.doubtTo - 1));",
    to: "const givenUp = above(offsets.givenUp, from);",
    and: [
      {
        file: `${core}/merge-offsets.ts`,
        from: "const givenUp = above(report.givenUp, doubtTo - 1);",
        to: "const givenUp = report.givenUp;",
      },
      {
        file: `${core}/merge-confirmation.ts`,
        from: "if (leftBehindFrom !== undefined && leftBehindFrom < doubtTo) return emptyRanges;",
        to: "",
      },
    ],
    caughtBy: kafkaMixes.kills(40),
  },
  {
    id: "pair.void-and-refusal",
    rule: "what was refused is not promised, for the judge and for the store",
    file: `${core}/judge-rabbitmq-open.ts`,
    from: "const promised = difference(unionAll([ledger.acked, ledger.omitted, ledger.told]), ledger.returned);",
    to: "const promised = difference(unionAll([ledger.acked, ledger.omitted, ledger.told, ...ledger.voided.map((run) => run.sequences)]), ledger.returned);",
    and: [
      {
        file: `${core}/merge-confirmation.ts`,
        from: "unionAll([lost, withdrawn, notSent(ledger)])",
        to: "unionAll([lost, withdrawn])",
      },
    ],
    caughtBy: {
      system: "rabbitmq",
      seeds: 40,
      messages: 3_000,
      given: { maxLength: 20, overflow: "reject-publish", pauseEveryS: 6 },
    },
  },
  {
    id: "pair.received",
    rule: "what anybody received is not lost, for the judge and for the store",
    file: `${core}/judge-rabbitmq-gaps.ts`,
    from: "const unreceived = difference(cohort.sequences, facts.received);",
    to: "const unreceived = cohort.sequences;",
    and: [
      {
        file: `${core}/merge-confirmation.ts`,
        from: "unionAll([known.lost, known.withdrawn, metIn(known)]),",
        to: "unionAll([known.lost, known.withdrawn]),",
      },
    ],
    caughtBy: { system: "rabbitmq", seeds: 40, messages: 3_000, given: { slowShare: 0.9, pauseEveryS: 6 } },
  },
  {
    id: "pair.given-back",
    rule: "a dead consumer is a doubt, and what it held has to be passed anew",
    file: `${core}/judge-rabbitmq-cohorts.ts`,
    from: "if (facts.sight.anyDied) return true;",
    to: "",
    and: [
      {
        file: `${core}/judge-rabbitmq-watch.ts`,
        from: 'anyDied ? "member-died" : undefined,',
        to: "",
      },
    ],
    caughtBy: { system: "rabbitmq", seeds: 40, messages: 3_000, given: { consumerKillEveryS: 5 } },
  },
  {
    id: "pair.excess",
    rule: "more consumers than have registered hold every conclusion back, and are a doubt afterwards",
    file: `${core}/judge-rabbitmq-watch.ts`,
    from: "const isHeld = excess > 0;",
    to: "const isHeld = false;",
    and: [{ file: `${core}/judge-rabbitmq-watch.ts`, from: "    foreignCause(previous, seen),\n", to: "" }],
    caughtBy: { system: "rabbitmq", seeds: 40, messages: 3_000, given: { foreignConsumerEveryS: 6 } },
  },
  {
    id: "pair.gone",
    rule: "what is gone lies at or above every commit and every doubt",
    file: `${core}/kafka-gone.ts`,
    from: "Math.max(commitBefore(group, isMadeAgain), group.doubtTo)",
    to: "0",
    caughtBy: kafkaMixes.drawn(80),
  },
];
