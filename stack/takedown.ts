import { takeComposeDown } from "./compose.ts";
import { StackError } from "./errors.ts";
import { isAlive, killAll } from "./processes.ts";
import { type ServerName, serverNames } from "./servers.ts";
import { readState, removeFolder, removeServerFolder, type StackState, writeState } from "./state.ts";

/**
 * Ends the servers of the stack in a folder and removes what they wrote; with nothing left the folder goes too.
 * Nothing is asked to end politely: what they would save is removed in the next moment. Replies the servers that were
 * taken down, none when the folder holds no stack.
 */
export async function takeDown(
  folder: string,
  servers: readonly ServerName[] = serverNames,
): Promise<readonly ServerName[]> {
  const state = readState(folder);
  if (state === undefined) return [];
  const present = serversOf(state);
  const ended = present.filter((server) => servers.includes(server));
  const rest = present.filter((server) => !servers.includes(server));
  if (rest.length === 0) {
    await endProcesses(folder, state, `${state.id}:`, () => true);
    await takeComposeDown(state.id, state.composed);
    removeFolder(folder);
    return ended;
  }
  for (const server of ended) {
    await endProcesses(folder, state, `${state.id}:${server}:`, (name) => name === server);
    removeServerFolder(folder, server);
  }
  await takeComposeDown(
    state.id,
    state.composed.filter((server) => ended.includes(server)),
    rest,
  );
  writeState(folder, withoutServers(state, ended));
  return ended;
}

/** True while a process of the stack lives, or the one that starts it, or a container may. */
export function isLiving(state: StackState): boolean {
  const ownerLives = state.owner !== undefined && isAlive(state.owner);
  return ownerLives || state.composed.length > 0 || state.processes.some(isAlive);
}

/** The servers a stack has, whether or not they still live. */
export function serversOf(state: StackState): readonly ServerName[] {
  return serverNames.filter(
    (server) =>
      state.urls[server] !== undefined ||
      state.composed.includes(server) ||
      state.processes.some((recorded) => recorded.server === server),
  );
}

async function endProcesses(
  folder: string,
  state: StackState,
  markPrefix: string,
  isMeant: (server: ServerName) => boolean,
): Promise<void> {
  const survivors = await killAll(
    state.processes.filter(({ server }) => isMeant(server)),
    markPrefix,
  );
  if (survivors.length === 0) return;
  throw new StackError(
    "STACK_STOP_FAILED",
    `The processes ${survivors.join(", ")} of the stack in ${folder} live on after SIGKILL. ` +
      "The folder was left as it is; run down again once they have ended.",
  );
}

function withoutServers(state: StackState, ended: readonly ServerName[]): StackState {
  const isLeft = (server: ServerName) => !ended.includes(server);
  const urls = Object.fromEntries(
    serverNames.filter(isLeft).flatMap((server) => (state.urls[server] ? [[server, state.urls[server]]] : [])),
  );
  return {
    ...state,
    urls,
    processes: state.processes.filter(({ server }) => isLeft(server)),
    composed: state.composed.filter(isLeft),
  };
}
