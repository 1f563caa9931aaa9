import { existsSync } from "node:fs";
import { isFree } from "../ports.ts";
import { findMarked, isAlive, type ProcessIdentity } from "../processes.ts";
import { readState } from "../state.ts";
import { waitUntil } from "../wait.ts";

/** What a stack has on the machine while it lives. */
export interface Traces {
  readonly folder: string;
  readonly mark: string;
  readonly processes: readonly ProcessIdentity[];
  readonly ports: readonly number[];
}

/** Notes the folder of a living stack, its processes with their mark, and the ports of its addresses. */
export function noteTraces(folder: string | undefined, environment: Readonly<Record<string, string>> = {}): Traces {
  const state = folder === undefined ? undefined : readState(folder);
  if (folder === undefined || state === undefined) throw new Error("This stack has started nothing.");
  const ports = Object.values(environment).flatMap((addresses) =>
    [...addresses.matchAll(/:(\d+)/g)].map(([, port]) => Number(port)),
  );
  // A port that two variables name is asked for once: two who ask at the same moment take it from each other.
  return { folder, mark: `${state.id}:`, processes: state.processes, ports: [...new Set(ports)] };
}

/** Waits until nothing of a stack is left, and says what still is when it has waited long enough. */
export async function findLeftovers(traces: Traces): Promise<readonly string[]> {
  let leftovers: readonly string[] = [];
  await waitUntil(
    async () => {
      leftovers = await lookForLeftovers(traces);
      return leftovers.length === 0;
    },
    { limitMs: 30_000 },
  );
  return leftovers;
}

async function lookForLeftovers({ folder, mark, processes, ports }: Traces): Promise<readonly string[]> {
  const freedom = await Promise.all(ports.map(isFree));
  return [
    ...new Set(
      [...findMarked(mark), ...processes.filter(isAlive).map(({ pid }) => pid)].map((pid) => `process ${pid}`),
    ),
    ...ports.filter((_, index) => freedom[index] === false).map((port) => `port ${port}`),
    ...(existsSync(folder) ? [`folder ${folder}`] : []),
  ];
}
