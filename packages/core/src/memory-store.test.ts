import { expect, test } from "vitest";
import { createMemoryStore } from "./memory-store.ts";

test("a memory store forgets the lane that was written longest ago once it holds too many", async () => {
  const store = createMemoryStore({ lanes: 2, queues: 2, clients: 2, findings: 2 });
  const notes = { doubts: [{ group: "g", to: 1 }], streamDoubts: [], seen: [], withdrawn: [], settled: [], asked: [] };
  for (const partition of ["0", "1", "0", "2"]) {
    const to = (await store.readVersions()).size + 1;
    const lane = { system: "kafka", cluster: "c", destination: "d", partition } as const;
    await store.writeNotes(lane, { ...notes, doubts: [{ group: "g", to }], eraRise: undefined });
  }
  expect([...(await store.readVersions()).keys()]).toEqual(["kafka/c/d/0", "kafka/c/d/2"]);
});
