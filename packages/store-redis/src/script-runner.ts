import { createHash } from "node:crypto";
import type { Commands } from "./redis-client.ts";
import { scripts } from "./scripts.gen.ts";

export type Verb = keyof typeof scripts;

export interface ScriptCall {
  readonly keys: readonly string[];
  readonly arguments: readonly string[];
}

const hashes = new Map<string, string>();

/** The verbs that a server was seen to know, by the connection that leads there. */
const known = new WeakMap<Commands, Set<Verb>>();

/**
 * Runs a verb: the first time by the text of its script, from then on by its hash. So a process that exits right after
 * its first write need not wait for a server that asks for the text. A server that does not know the hash (failed over,
 * SCRIPT FLUSH, another node of a cluster) gets the text again. Nothing was done by then, and verbs are idempotent.
 */
export async function runScript(commands: Commands, what: string, verb: Verb, call: ScriptCall): Promise<unknown> {
  const rest = [`${call.keys.length}`, ...call.keys, ...call.arguments];
  const verbs = known.get(commands) ?? new Set();
  known.set(commands, verbs);
  if (verbs.has(verb)) {
    try {
      return await commands.run(what, ["EVALSHA", hashOf(verb), ...rest]);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
    }
  }
  const reply = await commands.run(what, ["EVAL", scripts[verb], ...rest]);
  verbs.add(verb);
  return reply;
}

function hashOf(verb: Verb): string {
  const known = hashes.get(verb) ?? createHash("sha1").update(scripts[verb]).digest("hex");
  hashes.set(verb, known);
  return known;
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.includes("NOSCRIPT");
}
