export { rememberVhosts } from "./cluster-name.ts";
export type { AmqpOptions, AmqpSettings, PublishedTo } from "./options.ts";
export type { AmqpConnection } from "./ports.ts";
export { type AmqpWatch, createAmqpWatch, watchAmqp } from "./watch-amqp.ts";
