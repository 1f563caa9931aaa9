import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { replacingEnvironment, replacingFlag } from "../../replaced-source/index.ts";
import { type Mutant, type MutantResult, playsOf } from "./mutant.ts";
import type { Found } from "./worker.ts";

/** Runs all, one a core at a time, each in a worker that reads the mutant's source in place of the product's. */
export async function runMutants(
  mutants: readonly Mutant[],
  onResult: (result: MutantResult) => void = () => {},
): Promise<readonly MutantResult[]> {
  const waiting = [...mutants];
  const results: MutantResult[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await runMutant(next);
      results.push(result);
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), mutants.length) }, work));
  return results;
}

async function runMutant(mutant: Mutant): Promise<MutantResult> {
  const beganAtMs = performance.now();
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    execArgv: ["--conditions=@seqwatch/source", replacingFlag],
    env: { ...process.env, ...replacingEnvironment(mutant) },
  });
  try {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin; only a window does.
    worker.postMessage(playsOf(mutant));
    // Rejects where the worker itself breaks: then the mutant is no program, and nothing was proven.
    const [found]: readonly Found[] = await once(worker, "message");
    const { seed, how, runs } = found ?? { seed: undefined, how: "", runs: 0 };
    const seconds = Number(((performance.now() - beganAtMs) / 1_000).toFixed(1));
    return { id: mutant.id, rule: mutant.rule, caughtAt: seed, how, runs, seconds };
  } finally {
    await worker.terminate();
  }
}
