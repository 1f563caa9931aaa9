import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";

const startLimitMs = 60_000;
const endLimitMs = 10_000;

/** An auditor in a process of its own. */
export interface AuditorChild {
  readonly url: string;
  close(): Promise<void>;
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>;
}

/** Starts one with the settings of `startAuditor`. */
export async function startAuditorChild(settings: Readonly<Record<string, unknown>>): Promise<AuditorChild> {
  const child = fork(fileURLToPath(new URL("auditor-process.ts", import.meta.url)), [], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, LAB_AUDITOR: JSON.stringify(settings) },
  });
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-2_000);
  });
  const [told]: unknown[] = await Promise.race([
    once(child, "message", { signal: AbortSignal.timeout(startLimitMs) }),
    once(child, "exit").then(() => []),
  ]);
  if (typeof told === "object" && told !== null && "url" in told) {
    return { url: String(told.url), close: async () => await end(child), kill: async () => await kill(child) };
  }
  throw new LabError("LAB_AUDITOR_FAILED", `The auditor did not start.\n${complaints}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.send({ end: true }, () => undefined);
  const timer = setTimeout(() => child.kill("SIGKILL"), endLimitMs);
  await ended;
  clearTimeout(timer);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
