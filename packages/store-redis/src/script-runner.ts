import { createHash } from "node:crypto";
import type { Commands } from "./redis-client.ts";
import { scripts } from "./scripts.gen.ts";

export type Verb = keyof typeof scripts;

export interface ScriptCall {
  readonly keys: readonly string[];
  readonly arguments: readonly string[];
}

const hashes = new Map<string, string>();

/**
 * Runs a verb by the hash of its script. A server that does not know it (new, failed over, SCRIPT FLUSH) gets the
 * text: that node then knows it, whichever of a cluster it is. Nothing was done by then, and verbs are idempotent.
 */
export async function runScript(commands: Commands, what: string, verb: Verb, call: ScriptCall): Promise<unknown> {
  const rest = [`${call.keys.length}`, ...call.keys, ...call.arguments];
  try {
    return await commands.run(what, ["EVALSHA", hashOf(verb), ...rest]);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return commands.run(what, ["EVAL", scripts[verb], ...rest]);
  }
}

function hashOf(verb: Verb): string {
  const known = hashes.get(verb) ?? createHash("sha1").update(scripts[verb]).digest("hex");
  hashes.set(verb, known);
  return known;
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.includes("NOSCRIPT");
}
