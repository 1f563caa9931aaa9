import { isAlive, isPaused } from "./processes.ts";
import type { ServerName } from "./servers.ts";
import type { ServerUrls, StackState } from "./state.ts";
import { serversOf } from "./takedown.ts";

/** One server of a stack as one finds it. */
export interface ServerStatus {
  readonly name: ServerName;
  /** "degraded" when some of its processes live and some do not. What runs in containers is not looked at. */
  readonly state: "starting" | "running" | "paused" | "degraded" | "dead" | "container";
  readonly urls: ServerUrls;
  readonly pids: readonly number[];
}

/** Says of each server of a stack whether it lives, by looking at its processes. */
export function describeServers(state: StackState): readonly ServerStatus[] {
  return serversOf(state).map((name) => {
    const urls = state.urls[name];
    return { name, state: judge(state, name, urls !== undefined), urls: urls ?? {}, pids: pidsOf(state, name) };
  });
}

function judge(state: StackState, name: ServerName, isUp: boolean): ServerStatus["state"] {
  if (state.composed.includes(name)) return "container";
  const processes = state.processes.filter(({ server }) => server === name);
  const living = processes.filter(isAlive);
  if (living.length === 0) return "dead";
  if (living.length < processes.length) return "degraded";
  if (living.some(isPaused)) return "paused";
  return isUp ? "running" : "starting";
}

function pidsOf(state: StackState, name: ServerName): readonly number[] {
  return state.processes.filter((recorded) => recorded.server === name && isAlive(recorded)).map(({ pid }) => pid);
}
