import { type GroupRecord, type MemberRecord } from "./lane-record.ts";
import type { Answer } from "./store.ts";
import { maxClosedMembers } from "./stored-lane.ts";
import type { ReceiptTotals } from "./testimony-report.ts";

/** Where a report stands in the chain of its author's reports. */
export interface ChainLink {
  readonly number: number;
  readonly nonce: string;
  readonly buildsOn: string;
}

/**
 * Compares a report with the last stored one of its author. A record that is as far as the report, or further, and
 * that the report does not build on, was written by somebody else under the same id.
 */
export function isClone(stored: ChainLink | undefined, report: ChainLink): boolean {
  return stored !== undefined && stored.number >= report.number && report.buildsOn !== stored.nonce;
}

/** Whether the report was stored before. */
export function isRepeat(stored: ChainLink | undefined, report: ChainLink): boolean {
  return stored !== undefined && stored.number === report.number && stored.nonce === report.nonce;
}

/** The refusal of a member's or consumer's report, or `undefined` where it may be merged. */
export function refusalOf(
  member: MemberRecord | undefined,
  report: ChainLink & { readonly whole: boolean },
  era: number,
): Answer | undefined {
  const stored = member === undefined ? undefined : { ...member, buildsOn: "" };
  if (isClone(stored, report)) return { kind: "clone" };
  if (report.whole || report.buildsOn === (member?.nonce ?? "")) return undefined;
  return { kind: "send-all", era };
}

/** The members of a group with one written anew, as the latest; of the closed ones only the latest are kept. */
export function withMember(group: GroupRecord, id: string, member: MemberRecord): GroupRecord["members"] {
  const members = new Map(group.members);
  members.delete(id);
  members.set(id, { ...member, totals: maxTotals(member.totals, group.members.get(id)?.totals) });
  if (member.claim.state !== "closed") return members;
  const closed = [...members].filter(([, { claim }]) => claim.state === "closed");
  for (const [oldest] of closed.slice(0, Math.max(0, closed.length - maxClosedMembers))) members.delete(oldest);
  return members;
}

function maxTotals(a: ReceiptTotals, b: ReceiptTotals = a): ReceiptTotals {
  return {
    received: Math.max(a.received, b.received),
    processed: Math.max(a.processed, b.processed),
    redelivered: Math.max(a.redelivered, b.redelivered),
    unstamped: Math.max(a.unstamped, b.unstamped),
    forwarded: Math.max(a.forwarded, b.forwarded),
    skipped: Math.max(a.skipped, b.skipped),
  };
}
