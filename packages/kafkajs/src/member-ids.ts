import type { ClientSign } from "@seqwatch/core";

/** How a watched consumer names its membership in its client's registry entry. */
export function memberRole(groupId: string, memberId: string): string {
  return `kafka consumer ${groupId} ${memberId}`;
}

/**
 * The Kafka member ids of watched clients, from their registry entries, with the id of the client behind each; pass
 * those that are alive.
 */
export function kafkaMemberIdsOf(signs: readonly ClientSign[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { clientId, roles } of signs) {
    for (const role of roles) {
      if (role.startsWith("kafka consumer ")) ids.set(role.slice(role.lastIndexOf(" ") + 1), clientId);
    }
  }
  return ids;
}
