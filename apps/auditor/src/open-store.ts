import { createMemoryStore, type Store } from "@seqwatch/core";
import { redisStore } from "@seqwatch/store-redis";
import type { Settings } from "./settings.ts";

/** The store that the settings name. It connects when it is first asked. */
export function openStore({ redisUrl, redisPrefix }: Pick<Settings, "redisUrl" | "redisPrefix">): Store {
  return redisUrl === undefined ? createMemoryStore() : redisStore({ url: redisUrl, prefix: redisPrefix });
}
