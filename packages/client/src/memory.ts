import type { Store } from "@seqwatch/core";
import { badOption } from "./options.ts";

/** The one memory store of this process: every client without a store of its own meets the others there. */
export function sharedMemoryStore(): Store {
  throw badOption("store", undefined, "a store, such as createRedisStore makes");
}
