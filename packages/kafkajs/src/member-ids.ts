import type { ClientSign } from "@seqwatch/core";

/** How a watched consumer names its membership in its client's registry entry. */
export function memberRole(groupId: string, memberId: string): string {
  return `kafka consumer ${groupId} ${memberId}`;
}

/** The Kafka member ids of watched clients, from their registry entries; pass those that are alive. */
export function kafkaMemberIdsOf(signs: readonly ClientSign[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { roles } of signs) {
    for (const role of roles) {
      if (role.startsWith("kafka consumer ")) ids.add(role.slice(role.lastIndexOf(" ") + 1));
    }
  }
  return ids;
}
