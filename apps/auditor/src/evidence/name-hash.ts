import { createHmac } from "node:crypto";
import { hiddenLength, hiddenMark } from "@seqwatch/core";

/** The keyed hash of a name as clients with the option `hideNames` make it; undefined without their secret. */
export function createNameHash(secret: string | undefined): ((name: string) => string) | undefined {
  if (secret === undefined) return undefined;
  return (name) => hiddenMark + createHmac("sha256", secret).update(name).digest("base64url").slice(0, hiddenLength);
}
