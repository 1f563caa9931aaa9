import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StackError } from "./errors.ts";
import { identifyProcess } from "./processes.ts";
import { createFolder, createStackId, readState, type StackState } from "./state.ts";
import { isLiving, serversOf, takeDown } from "./takedown.ts";

/** A folder that belongs to a new stack, and the first state that was written into it. */
export interface ClaimedFolder {
  readonly folder: string;
  readonly state: StackState;
}

/**
 * Takes a folder for a new stack, a fresh temporary one when none is given. What a stack left there that has died
 * without being taken down, as at the machine's own end, is removed first.
 */
export async function claimFolder(given: string | undefined): Promise<ClaimedFolder> {
  const folder = given ?? mkdtempSync(join(tmpdir(), "seqwatch-stack-"));
  const previous = readState(folder);
  if (previous !== undefined && isLiving(previous)) {
    throw new StackError(
      "STACK_FOLDER_IN_USE",
      `A living stack has the folder ${folder} (${serversOf(previous).join(", ")}). ` +
        "Take it down first (npm run stack -- down), or give another one with --folder.",
    );
  }
  if (previous !== undefined) await takeDown(folder);
  const state: StackState = {
    id: createStackId(),
    owner: identifyProcess(process.pid),
    urls: {},
    processes: [],
    composed: [],
  };
  createFolder(folder, state);
  return { folder, state };
}
