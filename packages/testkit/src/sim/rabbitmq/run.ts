import type { Lane } from "@seqwatch/core";
import { SimAuditor } from "./auditor.ts";
import { createBroker } from "./broker.ts";
import { Clock } from "./clock.ts";
import { drawFaults, type RabbitFaults } from "./faults.ts";
import { Operator } from "./operator.ts";
import { type Comparison, compare } from "./oracle.ts";
import { SimQueue } from "./queue.ts";
import { createRandom, drawn } from "./random.ts";
import { sparseFaults } from "./sparse.ts";
import { SimStore } from "./store.ts";
import type { World } from "./world.ts";

export interface RabbitSimOptions {
  readonly seed: number;
  readonly messages: number;
  /** Drawn by the seed where not given; "sparse": few of them, in long healthy stretches. */
  readonly faults?: RabbitFaults | "sparse";
}

export interface RabbitSimResult extends Omit<Comparison, "differences"> {
  readonly seed: number;
  readonly messages: number;
  /** How many things went wrong. */
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<string, number>>;
  /** What happened when, and each difference between what was found and what was true. */
  readonly trace: readonly string[];
}

/**
 * One run of producers, a broker, consumers, a store and an auditor in simulated time. The same options give the same
 * run. It ends with a quiet time in which everything that can be decided is decided.
 */
export function runRabbitSim(options: RabbitSimOptions): RabbitSimResult {
  const world = createWorld(options);
  const auditor = new SimAuditor(world);
  const operator = new Operator(world, createBroker(world), auditor);
  keepTime(world);
  runWhile(world, () => world.messages.length < options.messages);
  operator.quieten();
  runWhile(world, () => [...world.queues.values()].some((queue) => queue.readyCount + queue.unackedCount > 0));
  world.clock.runUntil(world.clock.nowMs + quietMs);
  const { differences, ...comparison } = compare(world, auditor);
  return {
    seed: options.seed,
    messages: world.messages.length,
    faults: [...world.struck.values()].reduce((sum, one) => sum + one, 0),
    faultsByKind: Object.fromEntries(world.struck),
    ...comparison,
    trace: [...world.trace, ...differences],
  };
}

function runWhile(world: World, isBusy: () => boolean): void {
  const limitMs = world.clock.nowMs + maxPhaseMs;
  while (isBusy() && world.clock.nowMs < limitMs) world.clock.runUntil(world.clock.nowMs + 1_000);
}

/** Longer than every lag, life sign and grace together. */
const quietMs = 60_000;
const maxPhaseMs = 3_600_000;

function createWorld(options: RabbitSimOptions): World {
  const random = createRandom(options.seed);
  const clock = new Clock();
  const faults = faultsOf(options);
  const lanes: readonly Lane[] = ["created", "paid"].map((partition) => ({
    system: "rabbitmq",
    cluster: "sim",
    destination: "orders",
    partition,
  }));
  const struck = new Map<string, number>();
  const queues = new Map(
    ["billing", "shipping"].map((name) => [name, new SimQueue(name, { clock, random, faults, struck })]),
  );
  return {
    clock,
    random,
    faults,
    store: new SimStore(),
    lanes,
    queues,
    bindings: new Map([
      ["created", new Set(["billing", "shipping"])],
      ["paid", new Set(["billing"])],
    ]),
    shapes: new Map(),
    messages: [],
    messageLimit: options.messages,
    entered: new Map(),
    trace: [],
    counts: { ids: 0 },
    struck,
    broker: { isUp: true, startedAtMs: -600_000, tellsFromMs: 0, showsFromMs: 0 },
  };
}

function faultsOf({ faults, seed }: RabbitSimOptions): RabbitFaults {
  return typeof faults === "object" ? faults : drawRabbitFaults(faults ?? "drawn", seed);
}

/** The faults that a seed draws. The draw has numbers of its own: given one by one they play the same run. */
export function drawRabbitFaults(mix: "drawn" | "sparse", seed: number): RabbitFaults {
  const random = createRandom(seed ^ drawn);
  return mix === "sparse" ? sparseFaults(random, random.integer(400, 4_000)) : drawFaults(random);
}

/** What happens by itself: a replica follows, statistics are emitted every five seconds. */
function keepTime(world: World): void {
  const { clock, store, queues, random } = world;
  const follow = (): void => {
    store.checkpoint();
    clock.after(100, follow);
  };
  follow();
  for (const queue of queues.values()) {
    const emit = (): void => {
      if (queue.isUp) queue.emitStatistics();
      clock.after(5_000, emit);
    };
    clock.after(random.between(0, 5_000), emit);
  }
}
