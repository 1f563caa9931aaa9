import type { Lab } from "./lab.ts";

/** How often messages of a topic came to a group, by why, as the auditor's API tells it. */
export interface Repeats {
  readonly processed: number;
  readonly producedTwice: number;
  readonly redelivered: number;
  readonly replayed: number;
  readonly redriven: number;
  readonly forwarded: number;
  readonly skipped: number;
}

const names = ["producedTwice", "redelivered", "replayed", "redriven", "forwarded", "skipped"] as const;

/** The sums over all partitions of a topic. */
export async function repeatsOf(lab: Lab, topic: string, group: string): Promise<Repeats> {
  const sums = { processed: 0, producedTwice: 0, redelivered: 0, replayed: 0, redriven: 0, forwarded: 0, skipped: 0 };
  for (const stream of await lab.api.streams(topic)) {
    const own = listOf(stream["groups"]).find((one) => one["group"] === group);
    sums.processed += Number(own?.["processed"] ?? 0);
  }
  const { duplicates } = await lab.api.get(`/api/v1/duplicates?limit=200&destination=${encodeURIComponent(topic)}`);
  for (const line of listOf(duplicates)) {
    if (line["group"] === group) for (const name of names) sums[name] += Number(line[name]);
  }
  return sums;
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
