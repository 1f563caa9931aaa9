export type { RedisClient, RedisSubscriber } from "./redis-client.ts";
export { redisStore } from "./redis-store.ts";
export type { RedisStoreOptions } from "./settings.ts";
export { StoreError, type StoreErrorCode } from "./store-error.ts";
