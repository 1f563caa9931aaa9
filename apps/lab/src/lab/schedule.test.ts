import { expect, test } from "vitest";
import type { Scenario, World } from "./scenario.ts";
import { runAll } from "./schedule.ts";

const row = (id: string, world: World): Scenario => ({
  id,
  title: id,
  world,
  broken: { rule: "", file: "", from: "", to: "" },
  play: async () => ({ lost: [], says: [] }),
});

/** Plays rows that take a few turns of the event loop each, and keeps who ran beside whom. */
async function besides(rows: readonly Scenario[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const running = new Set<string>();
  const beside = new Map<string, Set<string>>(rows.map(({ id }) => [id, new Set()]));
  await runAll(rows, async ({ id }) => {
    running.add(id);
    for (const one of running) for (const other of running) if (one !== other) beside.get(one)?.add(other);
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    running.delete(id);
  });
  return beside;
}

test("rows that leave their servers calm run side by side, at most four at once", async () => {
  const found = await besides(["A", "B", "C", "D", "E"].map((id) => row(id, { kafka: "shared" })));
  expect(found.get("A")).toEqual(new Set(["B", "C", "D"]));
});

test("a row that troubles Kafka runs beside one that troubles RabbitMQ, and beside no other that uses Kafka", async () => {
  const found = await besides([
    row("calm", { kafka: "shared" }),
    row("K1", { kafka: "alone" }),
    row("K2", { kafka: "alone" }),
    row("R1", { rabbitmq: "alone" }),
  ]);
  expect(found.get("K1")).toEqual(new Set(["R1"]));
  expect(found.get("K2")).not.toContain("K1");
  expect(found.get("calm")).toEqual(new Set());
});

test("a row that troubles Redis runs all by itself", async () => {
  const found = await besides([
    row("calm", { kafka: "shared" }),
    row("A1", { kafka: "shared", redis: "alone" }),
    row("K", { kafka: "alone" }),
  ]);
  expect(found.get("A1")).toEqual(new Set());
});
