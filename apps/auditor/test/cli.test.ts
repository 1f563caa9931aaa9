import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { redisStore } from "@seqwatch/store-redis";
import { expect, inject, test } from "vitest";
import { startAuditor } from "../src/start.ts";
import { rabbitLane, sampleLedger, sampleSign } from "./samples.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What `npx seqwatch` runs at the root of the repository. */
const linked = join(root, "node_modules", ".bin", "seqwatch");

function run(url: string, token: string, command: string, ...args: string[]) {
  const environment = {
    ...process.env,
    NODE_OPTIONS: "",
    SEQWATCH_AUDITOR_URL: url,
    SEQWATCH_TOKEN: token,
    NO_COLOR: "1",
  };
  return new Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }>((resolve) => {
    const child = execFile(command, args, { cwd: root, env: environment }, (_, out, err) =>
      resolve({ exitCode: child.exitCode ?? -1, out, err }),
    );
  });
}

test("npx seqwatch tells of a running auditor what is lost, why, and what to do, and turns its switch", async () => {
  const redisPrefix = `seqwatch-${randomUUID().slice(0, 8)}`;
  const token = randomUUID();
  const store = redisStore({ url: inject("redisUrl"), prefix: redisPrefix });
  const auditor = await startAuditor({
    redisUrl: inject("redisUrl"),
    redisPrefix,
    token,
    auditorPort: 0,
    logLevel: "silent",
  });
  const ask = (...args: string[]) => run(auditor.url, token, linked, ...args);

  await store.signClient(sampleSign({ system: "rabbitmq" }));
  await store.reportLedger(
    rabbitLane,
    sampleLedger({ returned: [3, 3, 7, 7], references: [{ sequence: 3, text: "order-3" }] }),
  );
  await expect.poll(async () => (await ask("status")).exitCode, { timeout: 30_000, interval: 500 }).toBe(1);
  const status = await run(auditor.url, token, "npx", "--no-install", "seqwatch", "status");
  expect(status.out).toContain("2 messages lost.");

  const findings = await ask("findings", "--state", "confirmed", "--json");
  const [finding, summary] = findings.out
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(finding).toMatchObject({
    kind: "finding",
    verdict: "produce.unroutable",
    producer: { instance: "host-1", pid: 1 },
  });
  expect(summary).toEqual({ kind: "summary", findings: 1, hasMore: false });

  const explained = await ask("explain", "abcdefghijk");
  expect(explained).toMatchObject({ exitCode: 0, err: "" });
  expect(explained.out).toContain("- Returned by the broker as unroutable: sequences 3,7.");
  expect(explained.out).toContain('await channel.bindQueue(queue, "orders", "eu");');
  expect(explained.out).toContain("Send again, unless the application did: order-3.");

  expect((await ask("streams")).out).toContain("rabbitmq orders/eu  orders-api");
  expect(await ask("switch", "off", "--reason", "a test")).toMatchObject({ exitCode: 0 });
  await expect.poll(async () => (await store.readSwitch()).rules.length).toBe(1);
  expect((await ask("switch", "on")).out).toBe("Everything records.\n");

  await store.close();
  await auditor.close();
  expect(await ask("status")).toMatchObject({ exitCode: 3, out: "" });
});
