import { countOf, type Fields, fieldsOf, listOf, textOf } from "./json-fields.ts";

export interface Policy {
  readonly name: string;
  readonly pattern: string;
  readonly applyTo: string;
  readonly priority: number;
  readonly definition: Fields;
}

/** Reads the answer of `/policies/VHOST` or `/operator-policies/VHOST`. */
export function parsePolicies(body: unknown): readonly Policy[] {
  return listOf(body).map((entry) => {
    const fields = fieldsOf(entry);
    return {
      name: textOf(fields["name"]) ?? "",
      pattern: textOf(fields["pattern"]) ?? "",
      applyTo: textOf(fields["apply-to"]) ?? "all",
      priority: countOf(fields["priority"]) ?? 0,
      definition: fieldsOf(fields["definition"]),
    };
  });
}

/**
 * The policy in force for a queue: of those that match, the one with the highest priority. The queue's own entry shows it
 * only seconds after it was set; the list of policies at once.
 */
export function policyOf(policies: readonly Policy[], queue: string, type: string): Policy | undefined {
  return policies
    .filter((policy) => appliesTo(policy, type) && matchesName(policy.pattern, queue))
    .sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1))[0];
}

function appliesTo({ applyTo }: Policy, type: string): boolean {
  return applyTo === "all" || applyTo === "queues" || applyTo === `${type}_queues`;
}

function matchesName(pattern: string, queue: string): boolean {
  try {
    return new RegExp(pattern, "u").test(queue);
  } catch {
    // A pattern that only the broker's own dialect understands: taken as a match, for that forbids and never claims.
    return true;
  }
}
