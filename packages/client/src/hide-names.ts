import { createHmac } from "node:crypto";
import { hiddenLength, hiddenMark, leastSecretLength } from "@seqwatch/core";
import { badOption } from "./options.ts";

/**
 * The keyed hash under which a routing key or a reference leaves a process with the option `hideNames`: to look up by
 * hand what a finding names.
 *
 * ```ts
 * hideName("the secret of all services", "user.4711.created"); // "~kX0…"
 * ```
 */
export function hideName(secret: string, name: string): string {
  return hiddenMark + createHmac("sha256", secret).update(name).digest("base64url").slice(0, hiddenLength);
}

/** `hideName` with one secret, remembered for the newest names; the names themselves without one. */
export function createNameHider(secret: string | undefined): (name: string) => string {
  if (secret === undefined) return (name) => name;
  const known = new Map<string, string>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const hidden = hideName(secret, name);
    // Forgetting all is simpler than ageing, and costs each name that is still in use one more hash.
    if (known.size >= maxKnown) known.clear();
    if (name.length <= maxKnownLength) known.set(name, hidden);
    return hidden;
  };
}

/** Throws a `ClientError` for a secret that is none; what it is stays unsaid. */
export function checkHideNames(value: unknown): void {
  if (value === undefined) return;
  const secret: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "secret") : undefined;
  if (typeof secret === "string" && secret.length >= leastSecretLength) return;
  throw badOption("hideNames", {}, `{ secret }, a text of at least ${leastSecretLength} characters`);
}

const maxKnown = 10_000;
const maxKnownLength = 256;
