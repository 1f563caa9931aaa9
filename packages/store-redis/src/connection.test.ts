import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { toSettings } from "./settings.ts";

test("with a client of the user's own that queues while Redis is away, no more than a thousand commands wait in it", async () => {
  const queued: (() => void)[] = [];
  const client = {
    status: "reconnecting",
    call: () => new Promise((resolve) => void queued.push(() => resolve("PONG"))),
    duplicate: () => {
      throw new Error("Nobody subscribes here.");
    },
  };
  const connection = new Connection(toSettings({ client, commandTimeoutMs: 50 }));
  const codes = new Set<unknown>();
  for (let round = 0; round < 3; round += 1) {
    const runs = await Promise.allSettled(Array.from({ length: 500 }, () => connection.run("ask", ["PING"])));
    for (const run of runs) codes.add(run.status === "rejected" ? Reflect.get(Object(run.reason), "code") : run.value);
  }
  expect(queued).toHaveLength(1_000);
  expect([...codes]).toEqual(["STORE_TIMEOUT", "STORE_BUSY"]);
  for (const answer of queued) answer();
  await setImmediate();
  const served = connection.run("ask", ["PING"]);
  await setImmediate();
  queued.at(-1)?.();
  await expect(served).resolves.toBe("PONG");
});
