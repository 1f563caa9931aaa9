// Plays the runs of one mutant until one goes red. Started with the mutant's source in place of the product's.
import { parentPort } from "node:worker_threads";
import { isBad, type Play, type PlayResult, play } from "../campaign/play.ts";

/** What the worker found: at which seed, and what was wrong. */
export interface Found {
  readonly seed: number | undefined;
  readonly how: string;
  readonly runs: number;
}

parentPort?.on("message", (plays: readonly Play[]) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin; only a window does.
  void playUntilRed(plays).then((found) => parentPort?.postMessage(found));
});

async function playUntilRed(plays: readonly Play[]): Promise<Found> {
  let runs = 0;
  for (const wish of plays) {
    runs += 1;
    const how = await play(wish).then(wrongIn, (error: unknown) => `it broke: ${firstLine(error)}`);
    if (how !== undefined) return { seed: wish.seed, how, runs };
  }
  return { seed: undefined, how: "", runs };
}

function wrongIn(result: PlayResult): string | undefined {
  if (!isBad(result)) return undefined;
  const { falseLosses, missedLosses, wrongVerdicts } = result;
  return `${falseLosses} false, ${missedLosses} missed, ${wrongVerdicts} wrong`;
}

function firstLine(error: unknown): string {
  return String(error).split("\n")[0] ?? "";
}
