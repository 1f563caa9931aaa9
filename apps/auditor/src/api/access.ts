import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback } from "./loopback.ts";

export interface AccessRequest {
  readonly authorization: string | undefined;
  /** The Host header. */
  readonly host: string | undefined;
}

export type Access =
  | { readonly kind: "granted" }
  | { readonly kind: "refused"; readonly status: 401 | 403; readonly reason: string };

/**
 * Who may call. With a token: who brings it. Without: only this machine, and only under a name of this machine, for a
 * web page anywhere can make its reader's browser call a loopback address under a name of its own.
 */
export function checkAccess(request: AccessRequest, token: string | undefined): Access {
  if (token === undefined) {
    const name = (request.host ?? "").replace(/:\d+$/, "");
    if (isLoopback(name)) return { kind: "granted" };
    return { kind: "refused", status: 403, reason: "Without a token only the local machine may call, as 127.0.0.1." };
  }
  const brought = /^Bearer (.{1,512})$/i.exec(request.authorization ?? "")?.[1];
  if (brought !== undefined && isSame(brought, token)) return { kind: "granted" };
  return { kind: "refused", status: 401, reason: "Bring the token: Authorization: Bearer TOKEN." };
}

/** In a time that tells nothing about where the texts differ, nor how long they are. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
