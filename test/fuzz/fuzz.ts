import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createRandom, type Random } from "../../packages/testkit/src/sim/rabbitmq/random.ts";
import { fuzzReplies } from "./replies.ts";
import { fuzzShown } from "./shown.ts";
import { fuzzStamps } from "./stamps.ts";

/** The outcome of one part. */
export interface FuzzResult {
  readonly part: keyof typeof parts;
  readonly runs: number;
  readonly seed: number;
  readonly seconds: number;
  /** What the heap holds more at the end than at the beginning. */
  readonly heldBytes: number;
  readonly wrong: readonly string[];
}

const parts = {
  stamps: fuzzStamps,
  replies: fuzzReplies,
  /** Each of them is printed five times: far fewer will do. */
  shown: (runs: number, random: Random) => fuzzShown(Math.ceil(runs / 1_000), random),
} as const;

/** A reader's known prefixes take 3 MB at most; the rest is room for what the engine keeps of its own. */
const maxHeldBytes = 16 * 1_024 * 1_024;

/** Plays every part with so many runs, one after the other. */
export async function* fuzz(runs: number, seed: number): AsyncGenerator<FuzzResult> {
  for (const part of ["stamps", "replies", "shown"] as const) {
    const beganAtMs = performance.now();
    // The engine's own growth at a first run is no leak.
    await parts[part](Math.min(runs, 2_000), createRandom(seed + 1));
    const before = heapBytes();
    const wrong = [...(await parts[part](runs, createRandom(seed)))];
    const heldBytes = heapBytes() - before;
    if (heldBytes > maxHeldBytes) wrong.push(`the heap has grown by ${heldBytes} bytes`);
    const seconds = Number(((performance.now() - beganAtMs) / 1_000).toFixed(1));
    yield { part, runs, seed, seconds, heldBytes, wrong };
  }
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed;
}
