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

const names = ["producedTwice", "redelivered", "replayed", "redriven"] as const;
/** Told once a partition, for all its streams. */
const laneNames = ["forwarded", "skipped"] as const;

/** The sums over all streams of a topic. */
export async function repeatsOf(lab: Lab, topic: string, group: string): Promise<Repeats> {
  const sums = { processed: 0, producedTwice: 0, redelivered: 0, replayed: 0, redriven: 0, forwarded: 0, skipped: 0 };
  const partitions = new Set<unknown>();
  for (const stream of await lab.api.streams(topic)) {
    const own = listOf(stream["groups"]).find((one) => one["group"] === group);
    if (own === undefined) continue;
    const duplicates = objectOf(own["duplicates"]);
    sums.processed += Number(own["processed"]);
    for (const name of names) sums[name] += Number(duplicates[name]);
    if (partitions.has(stream["partition"])) continue;
    partitions.add(stream["partition"]);
    for (const name of laneNames) sums[name] += Number(duplicates[name]);
  }
  return sums;
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
