import { expect, test } from "vitest";
import type { DoubtCause } from "./finding.ts";
import { type DoubtStep, stepDoubt } from "./judge-rabbitmq-doubt.ts";
import { describeCohorts } from "./judge-rabbitmq-gaps.ts";
import type { Cohort, StreamMemory } from "./judge-rabbitmq-memory.ts";
import { noWatch } from "./judge-rabbitmq-memory.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { rangeOf } from "./range-set.ts";

const ledger: LedgerReport = {
  producerId: "p",
  clientId: "c",
  number: 1,
  nonce: "",
  buildsOn: "",
  assigned: 20,
  ended: 0,
  confirms: true,
  acked: rangeOf(1, 20),
  omitted: [],
  uncertain: [],
  told: [],
  returned: [],
  voided: [],
  retried: [],
  chunks: [],
  brackets: [],
  floor: 0,
  unauditedCount: 0,
  references: [],
};

/** What the stream's doubt has come to after each of these causes was seen in turn, with nothing new sent. */
function doubtAfter(causes: readonly (DoubtCause | undefined)[]): DoubtStep {
  let step: DoubtStep = { doubt: { kind: "none" }, doubtTo: 0, stretches: [], diedTo: 0 };
  causes.forEach((cause, index) => {
    const previous: StreamMemory = {
      number: index + 1,
      expectsAll: true,
      cohorts: [],
      settledTo: 0,
      calmTo: undefined,
      expectsFrom: undefined,
      ...step,
    };
    step = stepDoubt({
      previous,
      ledger: { ...ledger, number: index + 1 },
      cause,
      recordedTo: step.doubtTo,
    });
  });
  return step;
}

test("a message that a dead consumer held is in doubt for its death, though another doubt came before", () => {
  const step = doubtAfter(["log-not-readable", undefined, undefined, undefined, "member-died", undefined, undefined]);
  const cohort: Cohort = {
    sequences: rangeOf(15, 20),
    openedAtMs: 0,
    above: 20,
    aboveAtNumber: 0,
    notedAtMs: 0,
    isEmptied: true,
    passed: {
      atMs: 0,
      holders: new Set(["the one that came after"]),
      aboveThen: 20,
      isTwice: false,
      numbers: undefined,
    },
  };
  const found = describeCohorts([cohort], {
    producerId: "p",
    queue: "q",
    era: 0,
    graceMs: 3_000,
    received: rangeOf(1, 20),
    unconfirmed: [],
    ...step,
    cohorts: {
      open: rangeOf(15, 20),
      assigned: 20,
      ledgerNumber: 9,
      firstDelivered: 20,
      highestOf: () => 0,
      sight: {
        watch: noWatch,
        reading: undefined,
        cause: undefined,
        isHeld: false,
        areGetsSettled: true,
        anyDied: false,
        closed: new Set(),
        ending: undefined,
        stateLost: false,
      },
      ledger,
      calmTo: undefined,
      reachesOnlyThis: false,
      nowMs: 10_000,
    },
  });
  expect(found.proofs).toEqual([]);
  expect(found.gaps).toMatchObject([
    { state: "in-doubt", cause: "member-died", verdict: "consume.unprocessed", sequences: [15, 20] },
  ]);
});

test("a doubt that no death made says nothing of what a living consumer holds", () => {
  expect(doubtAfter(["log-not-readable", undefined, undefined]).diedTo).toBe(0);
});
