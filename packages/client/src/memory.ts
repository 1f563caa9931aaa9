import { createMemoryStore, memoryStoreLimits, type Store } from "@seqwatch/core";
import { EmbeddedAudit } from "./embedded-audit.ts";
import type { Host } from "./host.ts";

/** The memory that all clients of a process without a store of their own share, and its audit. */
export interface SharedMemory {
  readonly store: Store;
  readonly audit: EmbeddedAudit;
}

/** One for each host: a simulator's processes must not meet in one memory. */
const byHost = new WeakMap<Host, SharedMemory>();

export function sharedMemoryOf(host: Host): SharedMemory {
  const known = byHost.get(host);
  if (known !== undefined) return known;
  const store = createMemoryStore({ ...memoryStoreLimits, lanes: maxLanes });
  const made = { store, audit: new EmbeddedAudit(store, host) };
  byHost.set(host, made);
  return made;
}

/** It lies in the user's own process: some 35 MB at most. Twice what one adapter writes to at one time. */
const maxLanes = 20_000;
