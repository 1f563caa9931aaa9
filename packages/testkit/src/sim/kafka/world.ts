import type { Lane, Policy } from "@seqwatch/core";
import type { Clock } from "../rabbitmq/clock.ts";
import type { Random } from "../rabbitmq/random.ts";
import type { KafkaFaults } from "./faults.ts";
import type { SimLog } from "./log.ts";
import type { KafkaSizes } from "./sizes.ts";
import type { SimStore } from "./store.ts";
import type { Message, Truth } from "./truth.ts";

/** Everything that one run shares. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: KafkaFaults;
  readonly policy: Policy;
  /** What the auditors read of the broker. */
  readonly evidence: "records" | "offsets" | "none";
  readonly lane: Lane;
  readonly log: SimLog;
  readonly store: SimStore;
  readonly truth: Truth;
  readonly sizes: KafkaSizes;
  /** How often which fault struck. */
  readonly struck: Map<string, number>;
  /** No more faults, no more messages: everybody finishes what there is. */
  isDraining: boolean;
  ids: number;
  readonly trace: string[];
}

export function newId(world: World, kind: string): string {
  world.ids += 1;
  return `${kind}${world.ids}`;
}

/** Draws whether something goes wrong here, and counts it. */
export function strikes(world: World, fault: keyof KafkaFaults): boolean {
  if (world.isDraining || !world.random.chance(world.faults[fault])) return false;
  count(world, fault);
  return true;
}

export function count(world: World, fault: keyof KafkaFaults): void {
  world.struck.set(fault, (world.struck.get(fault) ?? 0) + 1);
}

export function tell(world: World, text: string, message?: Message): void {
  if (!world.truth.isTracing) return;
  const line = `${(world.clock.nowMs / 1_000).toFixed(3)} ${text}`;
  if (message === undefined) world.trace.push(line);
  else message.story.push(line);
}
