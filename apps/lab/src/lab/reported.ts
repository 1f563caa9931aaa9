import type { Lab } from "./lab.ts";

/** Whether a message was in any report that its producer wrote, by how many of each stream the auditor's API knows. */
export async function reportedOf(lab: Lab, topic: string): Promise<(name: string) => boolean> {
  const streams = await lab.api.streams(topic);
  const assigned = new Map(
    streams.map(({ service, partition, assigned: count }) => [
      `${String(service)}|${topic}|${String(partition)}`,
      count,
    ]),
  );
  return (name) => {
    const at = name.lastIndexOf("|");
    return Number(name.slice(at + 1)) <= Number(assigned.get(name.slice(0, at)) ?? 0);
  };
}
