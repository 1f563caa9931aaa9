/** Where a recorded history of a false or missed loss is played: a test by its name, in a file from the repository's root. */
export interface PlayedHistory {
  /** As in the record of histories: F1 to F45, and K1 to K13 for the later ones of Kafka. */
  readonly id: string;
  readonly file: string;
  /** The beginning of a test's name, found once in the file. */
  readonly test: string;
}

const stories = "packages/testkit/src/sim/stories";
const core = "packages/core/src";
const contract = "packages/testkit/src/store";

/** Each history that concerns Kafka or RabbitMQ, and the test that plays it. */
export const playedHistories: readonly PlayedHistory[] = [
  { id: "F1", file: `${stories}/kafka-testimony.test.ts`, test: "F1: " },
  { id: "F2", file: `${stories}/kafka-testimony.test.ts`, test: "F2: " },
  { id: "F3", file: `${stories}/kafka-testimony.test.ts`, test: "F3: " },
  { id: "F4", file: `${stories}/kafka-testimony.test.ts`, test: "F4: " },
  { id: "F5", file: `${stories}/kafka-testimony.test.ts`, test: "F5: " },
  { id: "F6", file: `${stories}/kafka-log.test.ts`, test: "F6: a tail that was truncated" },
  { id: "F7", file: `${stories}/kafka-log.test.ts`, test: "F7, K1: " },
  { id: "F8", file: `${core}/judge-kafka-stream.test.ts`, test: "what a producer that died had in a transaction" },
  { id: "F9", file: `${core}/judge-rabbitmq.test.ts`, test: "expects from the first delivery where the binding" },
  { id: "F10", file: `${core}/judge-rabbitmq.test.ts`, test: "does not trust an empty queue in statistics" },
  { id: "F11", file: `${stories}/kafka-testimony.test.ts`, test: "F11: " },
  { id: "F12", file: `${stories}/kafka-log.test.ts`, test: "F12: " },
  { id: "F13", file: `${stories}/kafka-testimony.test.ts`, test: "F13: " },
  { id: "F14", file: `${contract}/describe-testimony.ts`, test: "what is processed again at offsets that were done" },
  { id: "F15", file: `${core}/testimony.test.ts`, test: "that asks for everything gets no offset whose receipts" },
  { id: "F16", file: `${stories}/kafka-log.test.ts`, test: "F16: " },
  { id: "F17", file: `${stories}/kafka-log.test.ts`, test: "F17: " },
  { id: "F18", file: `${stories}/kafka-log.test.ts`, test: "F18: " },
  { id: "F19", file: `${stories}/kafka-testimony.test.ts`, test: "F19: " },
  { id: "F20", file: "packages/kafkajs/test/consumer.test.ts", test: "that is switched off testifies nothing" },
  {
    id: "F21",
    file: "packages/kafkajs/src/unstamped-send.test.ts",
    test: "a message that fits only without its stamp",
  },
  {
    id: "F22",
    file: "packages/kafkajs/src/watched-producer.test.ts",
    test: "resend gives up within the client's own retries",
  },
  { id: "F23", file: "packages/amqplib/src/publisher.test.ts", test: "a constant Buffer that is published again" },
  { id: "F24", file: `${core}/ledger.test.ts`, test: "is ended by its number, and un-ended" },
  { id: "F25", file: "packages/amqplib/src/publisher.test.ts", test: "an idle stream reports now and then" },
  { id: "F26", file: `${core}/collection.test.ts`, test: "the stream of a producer that died goes after a day" },
  { id: "F27", file: `${core}/collection.test.ts`, test: "a group that is gone holds nothing up" },
  {
    id: "F28",
    file: "apps/auditor/src/auditor.test.ts",
    test: "an auditor that slept past its lease confirms nothing",
  },
  { id: "F29", file: `${stories}/kafka-testimony.test.ts`, test: "F29: " },
  { id: "F30", file: "packages/kafkajs/src/handler-watch.test.ts", test: "leaves nothing behind by returning where" },
  { id: "F31", file: `${core}/client-watch.test.ts`, test: "the time in which the store did not answer" },
  { id: "F32", file: `${core}/ledger.test.ts`, test: "books what had no outcome for the limit as uncertain" },
  { id: "F33", file: `${stories}/kafka-log.test.ts`, test: "F33: " },
  { id: "F34", file: `${core}/kafka-entry.test.ts`, test: "what a partition held before its group entered it" },
  {
    id: "F35",
    file: `${core}/judge-kafka-stream.test.ts`,
    test: "what a producer that died never told the outcome of",
  },
  { id: "F36", file: "packages/client/src/client.test.ts", test: "an idle process is held for one flush" },
  { id: "F37", file: "apps/auditor/src/auditor.test.ts", test: "after a minute everything is looked at once more" },
  { id: "F38", file: `${core}/judge-rabbitmq.test.ts`, test: "judges nothing below a floor or at a ceiling" },
  { id: "F39", file: `${core}/judge-rabbitmq.test.ts`, test: "confirms at once, for every group, what came back" },
  { id: "F40", file: `${contract}/describe-testimony.ts`, test: "a member's totals only grow" },
  { id: "F41", file: `${core}/ledger.test.ts`, test: "that was acked below what was acked before it was" },
  { id: "F42", file: `${contract}/describe-testimony.ts`, test: "two processes under one id are told so" },
  { id: "F43", file: "packages/amqplib/test/consume.test.ts", test: "a message that dead-lettering brings back" },
  { id: "F45", file: `${core}/findings.test.ts`, test: "what was confirmed and is withdrawn leaves" },
  { id: "K1", file: `${stories}/kafka-log.test.ts`, test: "F7, K1: " },
  { id: "K2", file: `${stories}/kafka-log.test.ts`, test: "K2: " },
  { id: "K3", file: `${stories}/kafka-log.test.ts`, test: "K3: " },
  { id: "K4", file: `${stories}/kafka-log.test.ts`, test: "K4: " },
  { id: "K5", file: `${stories}/kafka-log.test.ts`, test: "K5: " },
  { id: "K6", file: `${stories}/kafka-log.test.ts`, test: "K6: " },
  { id: "K7", file: `${stories}/kafka-log.test.ts`, test: "K7: " },
  { id: "K8", file: `${stories}/kafka-log.test.ts`, test: "K8: " },
  { id: "K9", file: `${stories}/kafka-log.test.ts`, test: "K9: " },
  { id: "K10", file: `${stories}/kafka-log.test.ts`, test: "K10: " },
  {
    id: "K11",
    file: `${contract}/describe-testimony.ts`,
    test: "what is processed again at offsets done in another era",
  },
  { id: "K12", file: `${stories}/kafka-log.test.ts`, test: "K12: " },
  { id: "K13", file: `${stories}/kafka-log.test.ts`, test: "K13: " },
];
