import { type LeaseAnswer, type LeaseWish, leaseSlotCount } from "./lease.ts";

/** Who looks after what, as a store keeps it. */
export interface LeaseTable {
  readonly auditors: ReadonlyMap<string, number>;
  readonly owners: ReadonlyMap<number, string>;
}

export const noLeaseTable: LeaseTable = { auditors: new Map(), owners: new Map() };

/** Drops the dead, then gives one auditor what it keeps and what is free, up to its share. */
export function mergeLease(
  table: LeaseTable,
  wish: LeaseWish,
): { readonly table: LeaseTable; readonly answer: Omit<LeaseAnswer, "savedCount"> } {
  const { auditorId, number, keep, most } = wish;
  const auditors = new Map(table.auditors);
  for (const dead of wish.dead) if (auditors.get(dead.auditorId) === dead.number) auditors.delete(dead.auditorId);
  if (most > 0) auditors.set(auditorId, number);
  else auditors.delete(auditorId);
  const owners = new Map([...table.owners].filter(([, owner]) => owner !== auditorId && auditors.has(owner)));
  const wanted = [...keep, ...Array.from({ length: leaseSlotCount }, (_, slot) => slot)];
  const slots = new Set<number>();
  for (const slot of wanted) {
    if (slots.size >= most) break;
    if (owners.has(slot)) continue;
    owners.set(slot, auditorId);
    slots.add(slot);
  }
  return { table: { auditors, owners }, answer: { slots: [...slots].sort((a, b) => a - b), auditors } };
}
