import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";

/** The process that takes a stack down when its owner has ended. */
export interface Keeper {
  /** Tells the keeper to take the stack down now, and waits until it has. */
  takeDown(): Promise<void>;
  /** Ends the keeper and lets the stack live on. */
  release(): Promise<void>;
}

/** Starts the keeper of the stack in a folder. It holds up the owner's end in no way. */
export function startKeeper(folder: string): Keeper {
  const script = fileURLToPath(new URL("./keeper.ts", import.meta.url));
  // Options meant for the owner's Node (a test runner's loader, a debugger's port) are not for the keeper.
  const { NODE_OPTIONS: _options, ...environment } = process.env;
  const child = spawn(process.execPath, [script, folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: environment,
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  setHolding(child, false);
  return {
    takeDown: () => finish(child, ended, undefined),
    release: () => finish(child, ended, "release\n"),
  };
}

async function finish(child: ChildProcess, ended: Promise<void>, lastWord: string | undefined): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  setHolding(child, true);
  child.stdin?.on("error", () => undefined);
  if (lastWord === undefined) child.stdin?.end();
  else child.stdin?.end(lastWord);
  await ended;
}

/** Decides whether the owner's event loop stays alive for the keeper. */
function setHolding(child: ChildProcess, holding: boolean): void {
  if (holding) child.ref();
  else child.unref();
  if (!(child.stdin instanceof Socket)) return;
  if (holding) child.stdin.ref();
  else child.stdin.unref();
}
