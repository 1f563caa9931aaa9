import { isAlive, isPaused, type ProcessIdentity } from "./processes.ts";
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
  /** Each of its processes that was started and is not known to have ended, by name. */
  readonly processes: readonly ProcessStatus[];
}

/** One process of a server: a node of a cluster, or a helper. */
interface ProcessStatus {
  readonly name: string;
  readonly pid: number;
  readonly state: "running" | "paused" | "dead";
}

/** Says of each server of a stack whether it lives, by looking at its processes. */
export function describeServers(state: StackState): readonly ServerStatus[] {
  return serversOf(state).map((name) => {
    const urls = state.urls[name];
    const processes = processesOf(state, name);
    const pids = processes.filter((process) => process.state !== "dead").map(({ pid }) => pid);
    return { name, state: judge(state, name, urls !== undefined), urls: urls ?? {}, pids, processes };
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

function processesOf(state: StackState, name: ServerName): readonly ProcessStatus[] {
  return state.processes
    .filter((recorded) => recorded.server === name)
    .map((recorded) => ({ name: recorded.name, pid: recorded.pid, state: stateOf(recorded) }));
}

function stateOf(identity: ProcessIdentity): ProcessStatus["state"] {
  if (!isAlive(identity)) return "dead";
  return isPaused(identity) ? "paused" : "running";
}
