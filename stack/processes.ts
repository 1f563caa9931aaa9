import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { waitUntil } from "./wait.ts";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the system started it: an opaque text that a reused number does not share. */
  readonly startedAt: string;
}

/**
 * The environment variable that every process of a stack carries, with "STACKID:SERVER" as its value. Helpers that a
 * server starts, and that leave its process group, inherit it: by it they are found, and nobody else's process is.
 * It comes on top of the numbers that are written down: Redis writes its title over its own.
 */
export const markVariable = "SEQWATCH_STACK_MARK";

/** Names a living process; undefined when there is none with this number, or only a dead one nobody has reaped. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === "linux" ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** True while exactly this process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt;
}

/** True when the process lives and a SIGSTOP holds it. */
export function isPaused({ pid }: ProcessIdentity): boolean {
  if (process.platform !== "linux") return false;
  return statFields(pid)?.[0] === "T";
}

/** Sends a signal to the process and to all of its group; does nothing when it is no longer alive. */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (isAlive(identity)) signalQuietly(-identity.pid, signal);
}

/**
 * Kills these processes with their groups, and all that carry a mark beginning with `markPrefix`, until none is left.
 * Replies the numbers of those that still live after ten seconds.
 */
export async function killAll(identities: readonly ProcessIdentity[], markPrefix: string): Promise<readonly number[]> {
  const survivors = () => [...identities.filter(isAlive).map(({ pid }) => pid), ...findMarked(markPrefix)];
  await waitUntil(
    () => {
      for (const identity of identities) signalGroup(identity, "SIGKILL");
      for (const pid of findMarked(markPrefix)) signalQuietly(pid, "SIGKILL");
      return survivors().length === 0;
    },
    { limitMs: 10_000 },
  );
  return survivors();
}

/** The processes that carry a mark beginning with `markPrefix`. Empty where the system does not show environments. */
export function findMarked(markPrefix: string): readonly number[] {
  if (process.platform !== "linux") return [];
  const needle = `${markVariable}=${markPrefix}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isMarked(pid, needle) && identifyProcess(pid) !== undefined);
}

function isMarked(pid: number, needle: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1")
      .split("\0")
      .some((variable) => variable.startsWith(needle));
  } catch {
    // Another user's process, or one that has just ended: not ours.
    return false;
  }
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal, which is what was wanted.
  }
}

function startFromProc(pid: number): string | undefined {
  const fields = statFields(pid);
  // Field 3 is the state and field 22 the start in clock ticks since boot (proc(5)).
  return fields === undefined || fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function startFromPs(pid: number): string | undefined {
  const result = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" });
  const [state = "", ...start] = (result.stdout ?? "").trim().split(/\s+/);
  return state === "" || state.startsWith("Z") ? undefined : start.join(" ");
}
