import type { Lab } from "./lab.ts";

/** Whether the auditor knows of every message of a destination that was sent and handled, and that nothing is open. */
export async function isCompletelyAudited(
  lab: Lab,
  destination: string,
  { sent, group }: { readonly sent: number; readonly group: string },
): Promise<boolean> {
  const streams = await lab.api.streams(destination);
  const processed = streams.flatMap(({ groups }) => listOf(groups)).filter((one) => one["group"] === group);
  return (
    sumOf(streams, "assigned") === sent && sumOf(streams, "acked") === sent && sumOf(processed, "processed") === sent
  );
}

/** How many messages of a destination the auditor knows to be processed, by all groups together. */
export async function processedCount(lab: Lab, destination: string): Promise<number> {
  const streams = await lab.api.streams(destination);
  return sumOf(
    streams.flatMap(({ groups }) => listOf(groups)),
    "processed",
  );
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map((one: unknown) => Object.fromEntries(Object.entries(Object(one)))) : [];
}

function sumOf(rows: readonly Readonly<Record<string, unknown>>[], name: string): number {
  return rows.reduce((sum, row) => sum + Number(row[name]), 0);
}
