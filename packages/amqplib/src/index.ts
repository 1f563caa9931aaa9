export { track } from "@seqwatch/client";
export { rememberVhosts } from "./cluster-name.ts";
export { messageKey } from "./message-key.ts";
export type { AmqpOptions, AmqpSettings, OnDuplicate, PublishedTo } from "./options.ts";
export type { AmqpConnection } from "./ports.ts";
export { type AmqpWatch, createAmqpWatch, watchAmqp } from "./watch-amqp.ts";
