export { AckMissingError, type MissingMessage } from "./errors.ts";
export type { KafkaOptions, KafkaSettings, OnAckMissing } from "./options.ts";
export { clientOf, flushKafka, watchKafka } from "./watch-kafka.ts";
