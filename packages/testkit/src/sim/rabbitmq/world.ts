import type { Lane } from "@seqwatch/core";
import type { Clock } from "./clock.ts";
import type { RabbitFaults, RabbitShare } from "./faults.ts";
import type { SimQueue } from "./queue.ts";
import type { Random } from "./random.ts";
import type { SimStore } from "./store.ts";
import type { SimMessage } from "./truth.ts";

/** Everything that the parts of one simulation share. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: RabbitFaults;
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
  readonly counts: { ids: number };
  /** How often which fault struck. */
  readonly struck: Map<string, number>;
  /** It tells its age only later, and for a moment it may look as if it had no queues. */
  broker: { isUp: boolean; startedAtMs: number; tellsFromMs: number; showsFromMs: number };
}

export function newId(world: World, kind: string): string {
  world.counts.ids += 1;
  return `${kind}${world.counts.ids}`;
}

/** Draws whether something goes wrong here, and counts it. */
export function strikes(world: Pick<World, "random" | "faults" | "struck">, fault: RabbitShare): boolean {
  if (!world.random.chance(world.faults[fault])) return false;
  count(world, fault);
  return true;
}

export function count({ struck }: Pick<World, "struck">, fault: keyof RabbitFaults): void {
  struck.set(fault, (struck.get(fault) ?? 0) + 1);
}

export function note(world: World, fault: keyof RabbitFaults, text: string): void {
  count(world, fault);
  if (world.trace.length < maxTrace) world.trace.push(`${(world.clock.nowMs / 1_000).toFixed(3)} ${text}`);
}

const maxTrace = 2_000;
