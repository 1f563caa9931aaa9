import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { isBad, type Play, type PlayResult } from "./play.ts";

/** The sums of a campaign. */
export interface CampaignSummary {
  readonly seeds: number;
  readonly messages: number;
  readonly faults: number;
  readonly lost: number;
  readonly confirmed: number;
  readonly withdrawn: number;
  readonly falseLosses: number;
  readonly missedLosses: number;
  readonly wrongVerdicts: number;
  readonly inDoubt: number;
  readonly inDoubtByCause: Readonly<Record<string, number>>;
  readonly confirmedByVerdict: Readonly<Record<string, number>>;
}

/** Plays all, one run a core at a time. Rejects where a run itself breaks: that is a defect like any other. */
export async function runCampaign(
  plays: readonly Play[],
  onResult: (result: PlayResult) => void,
): Promise<readonly PlayResult[]> {
  const waiting = [...plays];
  const results: PlayResult[] = [];
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("worker.ts", import.meta.url));
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const result = await ask(worker, next);
        results.push(result);
        onResult(result);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), plays.length) }, work));
  return results;
}

async function ask(worker: Worker, wish: Play): Promise<PlayResult> {
  const { promise, resolve, reject } = Promise.withResolvers<PlayResult>();
  const hear = (answer: { readonly result?: PlayResult; readonly failed?: string }): void => {
    if (answer.result !== undefined) resolve(answer.result);
    else reject(new Error(`${replayOf(wish)}\n${answer.failed}`));
  };
  worker.once("message", hear);
  worker.once("error", reject);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin; only a window does.
  worker.postMessage(wish);
  try {
    return await promise;
  } finally {
    worker.off("error", reject);
  }
}

/** The command that plays it again and tells its story. */
export function replayOf({ system, seed, messages }: Play): string {
  return `npm run sim -- --system ${system} --seed ${seed} --messages ${messages}`;
}

export function summarize(results: readonly PlayResult[]): CampaignSummary {
  const sum = (of: (result: PlayResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  return {
    seeds: new Set(results.map(({ seed }) => seed)).size,
    messages: sum(({ messages }) => messages),
    faults: sum(({ faults }) => faults),
    lost: sum(({ lost }) => lost),
    confirmed: sum(({ confirmed }) => confirmed),
    withdrawn: sum(({ withdrawn }) => withdrawn),
    falseLosses: sum(({ falseLosses }) => falseLosses),
    missedLosses: sum(({ missedLosses }) => missedLosses),
    wrongVerdicts: sum(({ wrongVerdicts }) => wrongVerdicts),
    inDoubt: sum(({ inDoubt }) => inDoubt),
    inDoubtByCause: addUp(results.map(({ inDoubtByCause }) => inDoubtByCause)),
    confirmedByVerdict: addUp(results.map(({ confirmedByVerdict }) => confirmedByVerdict)),
  };
}

export function badOnes(results: readonly PlayResult[]): readonly PlayResult[] {
  return results.filter(isBad);
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const one of all) for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + count;
  return Object.fromEntries(Object.entries(total).sort(([, a], [, b]) => b - a));
}
