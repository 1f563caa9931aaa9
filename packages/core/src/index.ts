export { auditLane, firstAudit, type LaneAudit, type PassInput } from "./audit-pass.ts";
export { BatchAccount, type DeliveredBatch } from "./batch-account.ts";
export {
  type ClientWatch,
  instancesOf,
  lookAtClients,
  noClients,
  offByThemselves,
  servicesOf,
  standingsOf,
  storeUnreachable,
} from "./client-watch.ts";
export { findNamedTwice, lanesNamedAlike, type NamedTwice, textOfNamedTwice } from "./cluster-names.ts";
export type { Collection } from "./collection.ts";
export { coverageOf, type DestinationCoverage, type GroupCoverage } from "./coverage.ts";
export { type DeathReason, type Deaths, deadOf, deathReasons } from "./deaths.ts";
export { type DeliveryHeading, LaneDeliveries, maxHighest } from "./deliveries.ts";
export type { ConsumerSign, ConsumerState, DeliveryReport, StreamDeliveries } from "./delivery-report.ts";
export type { EvidenceReader } from "./evidence.ts";
export type { DoubtCause, Finding, Gap, GapState, Instance, Neighbour, Verdict } from "./finding.ts";
export { docsOf, documentedNames } from "./finding-docs.ts";
export { isFinal } from "./findings.ts";
export { hiddenLength, hiddenMark, isHiddenName, leastSecretLength } from "./hidden-name.ts";
export { type HurriedFindings, lookHurriedly } from "./hurried-look.ts";
export {
  type ClientStanding,
  type JudgeInput,
  type Judgement,
  judge,
  type LaneMemory,
  noMemory,
  type Proof,
} from "./judge.ts";
export { judgeRabbit } from "./judge-rabbitmq.ts";
export { type Lane, type LaneKey, laneHashOf, laneKeyOf, parseLaneKey, sameDestination } from "./lane.ts";
export {
  type GroupOffsets,
  type GroupRecord,
  type LaneRecord,
  type MemberRecord,
  maxAheadRanges,
  type QueueRecord,
  type Receipts,
  type Repeats,
  type StreamVerdicts,
} from "./lane-record.ts";
export {
  type LeaseAnswer,
  type LeaseWatch,
  type LeaseWish,
  leaseSlotCount,
  leaseSlotOf,
  nextWish,
  noLeases,
  noteAnswer,
  noteSilence,
} from "./lease.ts";
export { type ReportHeading, StreamLedger } from "./ledger.ts";
export {
  type Bracket,
  type Chunk,
  type LedgerReport,
  type Lifetimes,
  maxBrackets,
  maxChunks,
  maxRanges,
  maxReferences,
  type Reference,
  type VoidReason,
  type VoidRun,
} from "./ledger-report.ts";
export { keepWithinBudget, maxBooksBytes } from "./memory-budget.ts";
export { aheadKindOf, createMemoryStore, type MemoryStoreLimits, memoryStoreLimits } from "./memory-store.ts";
export { mergeCollection } from "./merge-collection.ts";
export { mergeConfirmations } from "./merge-confirmation.ts";
export { mergeDeliveries } from "./merge-deliveries.ts";
export { type Merged, mergeLedger } from "./merge-ledger.ts";
export { mergeNotes, noVerdicts } from "./merge-notes.ts";
export { noOffsets } from "./merge-offsets.ts";
export { emptyQueue, mergeConsumerSigns } from "./merge-queue.ts";
export { mergeTestimony } from "./merge-testimony.ts";
export { type Command, type NextStep, nextStepsOf, type StepSurroundings } from "./next-steps.ts";
export type { Notice, Observer } from "./observer.ts";
export { defaultPolicy, type Policy } from "./policy.ts";
export * from "./range-set.ts";
export { formatRanges, parseRanges } from "./range-set-text.ts";
export {
  type GroupReading,
  type KafkaReading,
  type LogExtract,
  type LoggedStamp,
  type LogRange,
  noLimits,
  type QueueLimits,
  type QueueReading,
  type RabbitReading,
} from "./reading.ts";
export { everythingOn, isRecording, type SwitchRule, type SwitchState } from "./recording-switch.ts";
export { SendRun } from "./send-run.ts";
export {
  copyHeader,
  formatStamp,
  isProducerId,
  originHeader,
  parseStamp,
  producerIdOf,
  type Stamp,
  stampHeader,
  stampPrefixOf,
} from "./stamp.ts";
export { StampReader } from "./stamp-reader.ts";
export { type Answer, type AuditNotes, type ClientSign, type Confirmation, noNotes, type Store } from "./store.ts";
export {
  type AheadKind,
  emptyGroup,
  emptyLane,
  emptyReceipts,
  maxClosedMembers,
  maxEras,
  maxUnknownStreams,
  noRequests,
  presentLane,
  type StoredLane,
  type StreamRequests,
} from "./stored-lane.ts";
export { type StreamFacts, streamFactsOf } from "./stream-facts.ts";
export { LaneTestimony } from "./testimony.ts";
export type { TestimonyHeading } from "./testimony-limits.ts";
export type {
  Beginning,
  EpochRun,
  LoggedCopy,
  MemberClaim,
  ReceiptTotals,
  StreamTestimony,
  TestimonyReport,
} from "./testimony-report.ts";
export { type Delivery, finish as finishDelivery, type Settlement, Unsettled } from "./unsettled.ts";
export { visible, visibleJson } from "./visible.ts";
