import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { textOfFaults } from "../shrink/fault-text.ts";
import { hasKills, isBad, mixesOf, type Play, type PlayResult } from "./play.ts";

/** The sums of a campaign. */
export interface CampaignSummary {
  readonly seeds: number;
  readonly messages: number;
  /** Through the core alone, and through the adapters with models of their clients. */
  readonly coreMessages: number;
  readonly adapterMessages: number;
  readonly faults: number;
  readonly messagesPerFault: number;
  readonly lost: number;
  readonly confirmed: number;
  readonly withdrawn: number;
  readonly falseLosses: number;
  readonly missedLosses: number;
  readonly wrongVerdicts: number;
  readonly inDoubt: number;
  readonly inDoubtByCause: Readonly<Record<string, number>>;
  /** Of the messages of runs in which no process was killed: the share that was lost and ended in doubt. */
  readonly inDoubtShareWithoutKills: number;
  readonly confirmedByVerdict: Readonly<Record<string, number>>;
  readonly faultsByKind: Readonly<Record<string, number>>;
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
export function replayOf({ system, seed, mix, messages, given, evidence }: Play, planted?: string): string {
  return [
    `npm run sim -- --system ${system} --mix ${mix} --seed ${seed} --messages ${messages}`,
    given === undefined ? "" : ` --faults ${textOfFaults(given, system)}`,
    evidence === undefined ? "" : ` --evidence ${evidence}`,
    planted === undefined ? "" : ` --planted ${planted}`,
  ].join("");
}

export function summarize(results: readonly PlayResult[]): CampaignSummary {
  const sumOf = (some: readonly PlayResult[], of: (result: PlayResult) => number): number =>
    some.reduce((total, one) => total + of(one), 0);
  const sum = (of: (result: PlayResult) => number): number => sumOf(results, of);
  const messages = sum((one) => one.messages);
  const adapters = results.filter(({ system }) => mixesOf[system].isAdapter);
  const adapterMessages = sumOf(adapters, (one) => one.messages);
  const faults = sum((one) => one.faults);
  const calm = results.filter((result) => !hasKills(result));
  return {
    seeds: results.length,
    messages,
    coreMessages: messages - adapterMessages,
    adapterMessages,
    faults,
    messagesPerFault: Math.round(messages / Math.max(1, faults)),
    lost: sum((one) => one.lost),
    confirmed: sum((one) => one.confirmed),
    withdrawn: sum((one) => one.withdrawn),
    falseLosses: sum((one) => one.falseLosses),
    missedLosses: sum((one) => one.missedLosses),
    wrongVerdicts: sum((one) => one.wrongVerdicts),
    inDoubt: sum((one) => one.inDoubt),
    inDoubtByCause: addUp(results.map(({ inDoubtByCause }) => inDoubtByCause)),
    inDoubtShareWithoutKills: shareOf(
      sumOf(calm, (one) => one.inDoubt),
      sumOf(calm, (one) => one.messages),
    ),
    confirmedByVerdict: addUp(results.map(({ confirmedByVerdict }) => confirmedByVerdict)),
    faultsByKind: addUp(results.map(({ faultsByKind, system }) => prefixed(system, faultsByKind))),
  };
}

export function badOnes(results: readonly PlayResult[]): readonly PlayResult[] {
  return results.filter(isBad);
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Number((part / whole).toPrecision(3));
}

function prefixed(system: string, counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${system}.${name}`, count]));
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const one of all) for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + count;
  return Object.fromEntries(Object.entries(total).sort(([, a], [, b]) => b - a));
}
