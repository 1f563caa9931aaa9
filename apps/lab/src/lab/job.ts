import type { Self } from "./self.ts";

/** What a process that consumes has to know. */
export interface Job {
  readonly group: string;
  readonly topic: string;
}

export function jobOf({ input }: Self): Job {
  const read = (key: string): string =>
    typeof input === "object" && input !== null ? String(Reflect.get(input, key)) : "";
  return { group: read("group"), topic: read("topic") };
}

/** Names that a process told. */
export function namesIn(told: unknown): readonly string[] {
  return Array.isArray(told) ? told.map(String) : [];
}
