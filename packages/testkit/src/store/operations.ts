import type {
  Answer,
  AuditNotes,
  Collection,
  Confirmation,
  DeliveryReport,
  Lane,
  LedgerReport,
  RangeSet,
  Store,
  TestimonyReport,
} from "@seqwatch/core";
import { unionAll } from "@seqwatch/core";
import * as fc from "fast-check";
import { deliveries, ledger, testimony } from "./samples.ts";

/** How a generated report stands to the ones before it. */
type Link = "follows" | "whole" | "orphan" | "repeats" | "cloned";

/** One write, not yet linked to those before it. */
export type Operation =
  | { readonly kind: "ledger"; readonly link: Link; readonly report: LedgerReport }
  | { readonly kind: "testimony"; readonly link: Link; readonly report: TestimonyReport }
  | { readonly kind: "deliveries"; readonly link: Link; readonly report: DeliveryReport }
  | { readonly kind: "notes"; readonly notes: AuditNotes }
  | { readonly kind: "collect"; readonly collection: Collection }
  | { readonly kind: "confirm"; readonly confirmations: readonly Confirmation[] };

type ReportOperation = Extract<Operation, { readonly link: Link }>;
type Report = ReportOperation["report"];

/** Few streams, groups and numbers, so that the writes meet. */
export function operationsOf(system: Lane["system"]): fc.Arbitrary<readonly Operation[]> {
  const report = system === "kafka" ? testimonyOperation : deliveriesOperation;
  const one = fc.oneof(
    { arbitrary: ledgerOperation, weight: 3 },
    { arbitrary: report, weight: 6 },
    { arbitrary: notesOperation, weight: 2 },
    { arbitrary: confirmOperation, weight: 2 },
    { arbitrary: collectOperation, weight: 1 },
  );
  return fc.array(one, { minLength: 1, maxLength: 30 });
}

type Reply = Answer | readonly RangeSet[] | boolean | undefined;

/** Links generated writes to those before, as their authors would, and applies them. */
export class Author {
  readonly #last = new Map<string, Report>();
  #written = 0;

  /** Applies one operation, as `link` made it, to a store. */
  async apply(store: Store, lane: Lane, operation: Operation): Promise<Reply> {
    if (operation.kind === "ledger") return store.reportLedger(lane, operation.report);
    if (operation.kind === "testimony") return store.reportTestimony(lane, operation.report);
    if (operation.kind === "deliveries") return store.reportDeliveries(lane, operation.report);
    if (operation.kind === "confirm") return store.confirm(lane, operation.confirmations);
    if (operation.kind === "collect") return store.collect(lane, operation.collection);
    await store.writeNotes(lane, operation.notes);
    return undefined;
  }

  /** Gives a report its number, its nonce and the nonce that it builds on; once for all stores. */
  link(operation: Operation): Operation {
    if (!("report" in operation)) return operation;
    if (operation.kind === "ledger") return { ...operation, report: this.#linked(operation, operation.report) };
    const whole = operation.link === "whole";
    return operation.kind === "testimony"
      ? { ...operation, report: this.#linked(operation, { ...operation.report, whole }) }
      : { ...operation, report: this.#linked(operation, { ...operation.report, whole }) };
  }

  /** Remembers what was stored: the author's next report builds on it. */
  learn(operation: Operation, answer: Reply): void {
    if (typeof answer !== "object" || !("kind" in answer) || answer.kind !== "stored") return;
    if ("report" in operation) this.#last.set(authorOf(operation), operation.report);
  }

  #linked<T extends Report>(operation: ReportOperation, report: T): T {
    const last = this.#last.get(authorOf(operation));
    const nonce = `nonce;${this.#written++}`;
    const number = (last?.number ?? 0) + 1;
    const next = { number, nonce, buildsOn: last?.nonce ?? "" };
    const links = {
      follows: next,
      whole: next,
      orphan: { ...next, number: number + 1, buildsOn: "unknown" },
      repeats: { number: last?.number ?? 1, nonce: last?.nonce ?? nonce, buildsOn: last?.buildsOn ?? "" },
      cloned: { ...next, number: Math.max(1, number - 1), buildsOn: "unknown" },
    };
    return { ...report, ...links[operation.link] };
  }
}

function authorOf(operation: ReportOperation): string {
  if (operation.kind === "ledger") return operation.report.producerId;
  return operation.kind === "testimony"
    ? `${operation.report.group} ${operation.report.clientId}`
    : `${operation.report.queue} ${operation.report.consumerId}`;
}

const ranges = (highest: number, maxPieces = 4): fc.Arbitrary<RangeSet> =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: highest }), fc.integer({ min: 0, max: 8 })), { maxLength: maxPieces })
    .map((pieces) => unionAll(pieces.map(([first, length]) => [first, first + length])));

/** Mostly few ranges, now and then so many that only the end of the stored ones is looked at. */
const manyRanges: fc.Arbitrary<RangeSet> = fc.oneof(
  { arbitrary: ranges(80), weight: 3 },
  { arbitrary: ranges(3_000, 60), weight: 1 },
  { arbitrary: fc.integer({ min: 1, max: 3_000 }).map((first) => [first, first + 2]), weight: 1 },
);

const link: fc.Arbitrary<Link> = fc.oneof(
  { arbitrary: fc.constant<Link>("follows"), weight: 12 },
  { arbitrary: fc.constantFrom<Link>("whole", "orphan", "repeats", "cloned"), weight: 3 },
);
const producerId = fc.constantFrom("stream-a", "stream-b", "stream;c");
const group = fc.constantFrom("billing", "Versand: größer");
const era = fc.oneof(
  { arbitrary: fc.constant(0), weight: 5 },
  { arbitrary: fc.integer({ min: 0, max: 5 }), weight: 1 },
);
const offset = fc.integer({ min: 0, max: 80 });
const state = fc.constantFrom("open", "open", "off", "closed");
const totals = fc.record({
  received: fc.nat(1_000),
  processed: fc.nat(1_000),
  redelivered: fc.nat(9),
  unstamped: fc.nat(9),
  forwarded: fc.nat(9),
  skipped: fc.nat(9),
});

const ledgerOperation: fc.Arbitrary<Operation> = fc
  .record({
    link,
    parts: fc.record({
      producerId,
      assigned: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 3_000 })),
      acked: ranges(60),
      floor: fc.constantFrom(0, 0, 5),
      voided: fc.array(fc.record({ reason: fc.constantFrom("refused", "nacked"), sequences: ranges(60, 2) }), {
        maxLength: 2,
      }),
      chunks: fc.array(
        fc.record({ first: fc.constant(1), last: offset, low: offset, high: offset, exact: fc.boolean(), era }),
        { maxLength: 2 },
      ),
      references: fc.array(fc.record({ sequence: fc.integer({ min: 1, max: 60 }), text: fc.string() }), {
        maxLength: 3,
      }),
    }),
  })
  .map(({ link, parts }) => ({ kind: "ledger", link, report: ledger(parts) }));

const testimonyOperation: fc.Arbitrary<Operation> = fc
  .record({
    link,
    parts: fc.record({
      group,
      clientId: fc.constantFrom("member-1", "member-2", "member:3"),
      era,
      replay: fc.boolean(),
      handled: manyRanges,
      givenUp: ranges(80, 1),
      jumped: ranges(80, 1),
      unstamped: ranges(200, 12),
      foreign: ranges(200, 12),
      epochs: fc.array(
        fc
          .record({ epoch: fc.integer({ min: -1, max: 3 }), first: offset, length: fc.nat(9) })
          .map(({ epoch, first, length }) => ({ epoch, first, last: first + length })),
        { maxLength: 3 },
      ),
      streams: fc.array(
        fc.record({
          producerId,
          processed: manyRanges,
          twice: ranges(70, 1),
          givenUp: ranges(70, 1),
          jumped: ranges(70, 1),
          late: ranges(70, 1),
          copies: fc.array(fc.record({ sequence: fc.nat(9), offset: fc.nat(20) }), { maxLength: 3 }),
        }),
        { maxLength: 3 },
      ),
      claim: fc.record({
        state,
        inWork: fc.option(fc.record({ offset, forMs: fc.nat(9_999), tries: fc.nat(99) }), { nil: undefined }),
        committed: fc.option(offset, { nil: undefined }),
      }),
      entered: fc.option(fc.record({ highWatermark: offset, wasOff: fc.boolean() }), { nil: undefined, freq: 1 }),
      totals,
    }),
  })
  .map(({ link, parts }) => ({ kind: "testimony", link, report: testimony(parts) }));

const deliveriesOperation: fc.Arbitrary<Operation> = fc
  .record({
    link,
    parts: fc.record({
      queue: group,
      consumerId: fc.constantFrom("consumer-1", "consumer-2", "consumer:3"),
      clientId: fc.constantFrom("consumer-1", "client;2"),
      streams: fc.array(
        fc.record({
          producerId,
          received: manyRanges,
          fresh: ranges(70, 2),
          twice: ranges(70, 1),
          processed: manyRanges,
          rejected: ranges(70, 1),
          deaths: fc.record({ expired: ranges(70, 1), rejected: ranges(70, 1) }),
        }),
        { maxLength: 3 },
      ),
      highest: fc.array(fc.record({ producerId, sequence: fc.nat(9_999) }), { maxLength: 2 }),
      state,
      totals,
    }),
  })
  .map(({ link, parts }) => ({ kind: "deliveries", link, report: deliveries(parts) }));

const notesOperation: fc.Arbitrary<Operation> = fc
  .record({
    doubts: fc.array(fc.record({ group, to: offset }), { maxLength: 1 }),
    streamDoubts: fc.array(fc.record({ group, producerId, to: fc.nat(20) }), { maxLength: 1 }),
    seen: fc.array(fc.record({ producerId, sequences: ranges(60, 2) }), { maxLength: 1 }),
    withdrawn: fc.array(
      fc.record({ producerId, group: fc.option(group, { nil: undefined }), sequences: ranges(60, 1) }),
      { maxLength: 1 },
    ),
    settled: fc.array(fc.record({ producerId, to: fc.nat(20) }), { maxLength: 1 }),
    asked: fc.array(fc.record({ producerId, sequences: ranges(60, 2) }), { maxLength: 1 }),
    eraRise: fc.option(fc.record({ era: fc.nat(5), cut: offset }), { nil: undefined, freq: 1 }),
  })
  .map((notes) => ({ kind: "notes", notes }));

/** Numbers as the first reports bear them, so that some of what is named may go. */
const number = fc.integer({ min: 1, max: 4 });
const memberId = fc.constantFrom("member-1", "member-2", "member:3", "consumer-1", "consumer-2");

const collectOperation: fc.Arbitrary<Operation> = fc
  .record({
    streams: fc.array(fc.record({ producerId, number }), { maxLength: 2 }),
    members: fc.array(fc.record({ group, memberId, number }), { maxLength: 4 }),
    groups: fc.array(group, { maxLength: 1 }),
    wholeAtVersion: fc.option(fc.nat(20), { nil: undefined, freq: 8 }),
  })
  .map((collection) => ({ kind: "collect", collection }));

const confirmOperation: fc.Arbitrary<Operation> = fc
  .array(
    fc.record({
      producerId,
      group: fc.option(group, { nil: undefined }),
      sequences: manyRanges,
      era,
      leftBehindFrom: fc.option(offset, { nil: undefined, freq: 1 }),
      goneAbove: fc.option(fc.nat(30), { nil: undefined, freq: 1 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((found) => found.map(({ goneAbove, ...rest }) => (goneAbove === undefined ? rest : { ...rest, goneAbove })))
  .map((confirmations) => ({ kind: "confirm", confirmations }));
