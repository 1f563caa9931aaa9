export { track } from "@seqwatch/client";
export { AckMissingError, type MissingMessage } from "./errors.ts";
export { createKafkaReader, type KafkaReaderOptions } from "./log-reader.ts";
export { kafkaMemberIdsOf } from "./member-ids.ts";
export { messageKey } from "./message-key.ts";
export type { KafkaOptions, KafkaSettings, OnAckMissing, OnDuplicate } from "./options.ts";
export { clientOf, flushKafka, watchKafka } from "./watch-kafka.ts";
