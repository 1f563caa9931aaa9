import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackError } from "./errors.ts";
import type { ProcessIdentity } from "./processes.ts";
import { isServerName, type ServerName } from "./servers.ts";

/** One process of a stack, as written down the moment it was started. */
interface RecordedProcess extends ProcessIdentity {
  readonly server: ServerName;
  readonly name: string;
}

/** The addresses of one server, as its clients want them, by the name of the environment variable that takes them. */
export type ServerUrls = Readonly<Record<string, string>>;

/** What is written down about a stack, enough for another process to show it or to take it down. */
export interface StackState {
  /** Also the first half of the mark that its processes carry. */
  readonly id: string;
  /** The process that starts or owns the stack; undefined once the stack lives on by itself. */
  readonly owner: ProcessIdentity | undefined;
  readonly urls: Readonly<Partial<Record<ServerName, ServerUrls>>>;
  readonly processes: readonly RecordedProcess[];
  /** The servers that run in containers, in a compose project named after the stack. */
  readonly composed: readonly ServerName[];
}

const stateFile = "stack.json";

/** A name that no other stack has. */
export function createStackId(): string {
  return randomBytes(6).toString("hex");
}

/** Writes the state so that a reader sees the old one or the new one, never half of one. */
export function writeState(folder: string, state: StackState): void {
  const temporary = join(folder, `.${stateFile}.${process.pid}`);
  writeFileSync(temporary, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(temporary, join(folder, stateFile));
}

/** Reads the state of the stack in a folder; undefined where there is none. */
export function readState(folder: string): StackState | undefined {
  const path = join(folder, stateFile);
  try {
    return parseState(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new StackError(
      "STACK_STATE_UNREADABLE",
      `Could not read ${path}. End the servers it belongs to, if any, and remove the folder.`,
      { cause: error },
    );
  }
}

/**
 * Makes the folder and writes the first state into it. Only a folder that is new or empty is taken, because taking
 * down removes what is in it.
 */
export function createFolder(folder: string, state: StackState): void {
  mkdirSync(folder, { recursive: true });
  const entries = readdirSync(folder);
  if (entries.length > 0) {
    throw new StackError(
      "STACK_BAD_INPUT",
      `The folder ${folder} is not empty (it holds ${entries.slice(0, 3).join(", ")}) and is no stack's. Give another folder.`,
    );
  }
  try {
    // "wx": of two stacks that take the folder at the same moment one fails here.
    writeFileSync(join(folder, stateFile), JSON.stringify(state), { flag: "wx" });
  } catch (error) {
    throw new StackError("STACK_FOLDER_IN_USE", `Another stack has just taken the folder ${folder}.`, { cause: error });
  }
}

/** Removes the folder of a stack with everything in it. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes what one server kept in the folder. */
export function removeServerFolder(folder: string, server: ServerName): void {
  rmSync(join(folder, server), { recursive: true, force: true, maxRetries: 5 });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function parseState(value: unknown): StackState {
  const { id, owner, urls, processes, composed } = parseObject(value);
  return {
    id: parseText(id),
    owner: owner === undefined ? undefined : parseIdentity(owner),
    urls: parseUrls(urls),
    processes: parseList(processes).map(parseProcess),
    composed: parseList(composed).map(parseServer),
  };
}

function parseUrls(value: unknown): StackState["urls"] {
  const urls: Partial<Record<ServerName, ServerUrls>> = {};
  for (const [name, addresses] of Object.entries(parseObject(value))) {
    const pairs = Object.entries(parseObject(addresses)).map(([key, address]) => [key, parseText(address)] as const);
    urls[parseServer(name)] = Object.fromEntries(pairs);
  }
  return urls;
}

function parseProcess(value: unknown): RecordedProcess {
  const { server, name } = parseObject(value);
  return { ...parseIdentity(value), server: parseServer(server), name: parseText(name) };
}

function parseIdentity(value: unknown): ProcessIdentity {
  const { pid, startedAt } = parseObject(value);
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 1) throw new Error(`not a process: ${String(pid)}`);
  return { pid, startedAt: parseText(startedAt) };
}

function parseServer(value: unknown): ServerName {
  const name = parseText(value);
  if (!isServerName(name)) throw new Error(`not a server: ${name}`);
  return name;
}

function parseText(value: unknown): string {
  if (typeof value !== "string" || value === "") throw new Error(`not a text: ${String(value)}`);
  return value;
}

function parseList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`not a list: ${String(value)}`);
  return value;
}

function parseObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new Error(`not an object: ${String(value)}`);
  return Object.fromEntries(Object.entries(value));
}
