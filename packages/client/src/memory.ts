import { createMemoryStore, type Store } from "@seqwatch/core";

let shared: Store | undefined;

/** The one memory store of this process: every client without a store of its own meets the others there. */
export function sharedMemoryStore(): Store {
  shared ??= createMemoryStore();
  return shared;
}
