import type { Lane, RabbitRules } from "@seqwatch/core";
import type { Clock } from "./clock.ts";
import type { RabbitFaults } from "./faults.ts";
import type { SimQueue } from "./queue.ts";
import type { Random } from "./random.ts";
import type { SimStore } from "./store.ts";
import type { SimMessage } from "./truth.ts";

/** Everything that the parts of one simulation share. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: RabbitFaults;
  readonly rules: RabbitRules;
  readonly store: SimStore;
  readonly lanes: readonly Lane[];
  readonly queues: ReadonlyMap<string, SimQueue>;
  /** By routing key: the queues that the lane reaches now. */
  readonly bindings: Map<string, Set<string>>;
  /** What the broker would answer a reader; another text after each change. */
  readonly shapes: Map<string, string>;
  readonly messages: SimMessage[];
  readonly messageLimit: number;
  /** By stream: what was assigned at its third report. Until then the auditor is still getting to know it. */
  readonly entered: Map<string, number>;
  readonly trace: string[];
  readonly counts: { faults: number; ids: number };
  /** It tells its age only later, and for a moment it may look as if it had no queues. */
  broker: { isUp: boolean; startedAtMs: number; tellsFromMs: number; showsFromMs: number };
}

export function newId(world: World, kind: string): string {
  world.counts.ids += 1;
  return `${kind}${world.counts.ids}`;
}

export function note(world: World, text: string): void {
  world.counts.faults += 1;
  if (world.trace.length < maxTrace) world.trace.push(`${(world.clock.nowMs / 1_000).toFixed(3)} ${text}`);
}

const maxTrace = 2_000;
