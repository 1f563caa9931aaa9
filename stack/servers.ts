import { StackError } from "./errors.ts";

/** The servers that a stack can have, in the order in which they are shown. */
export const serverNames = ["kafka", "rabbitmq", "redis"] as const;

/** The name of a server kind. */
export type ServerName = (typeof serverNames)[number];

/** True for the name of a server that a stack can have. */
export function isServerName(name: string): name is ServerName {
  return serverNames.some((known) => known === name);
}

/** The named servers, each once and in the order in which they are shown. */
export function parseServerNames(names: readonly string[]): readonly ServerName[] {
  const unknown = names.find((name) => !isServerName(name));
  if (unknown !== undefined) {
    throw new StackError(
      "STACK_BAD_INPUT",
      `There is no server "${unknown}". The servers are ${serverNames.join(", ")}.`,
    );
  }
  return serverNames.filter((name) => names.includes(name));
}
