import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createMemoryStore } from "@seqwatch/core";
import { expect, test } from "vitest";
import { plain, startOtlpBackend } from "../test/otlp-backend.ts";
import { kafkaLane, rabbitLane, sampleLedger, storeWithUnroutable } from "../test/samples.ts";
import { startAuditor } from "./start.ts";
import { watchStore } from "./watched-store.ts";

const quiet = { auditorPort: 0, passIntervalMs: 20, logLevel: "silent" } as const;

/** The machine may be busy: what is waited for is the condition, not the time. */
const patience = { timeout: 30_000 };

async function readJson(url: string): Promise<unknown> {
  return await (await fetch(url)).json();
}

test("a loss in the store is served, told to observers and sent to an OTLP endpoint", async () => {
  const backend = await startOtlpBackend();
  const told: string[] = [];
  const auditor = await startAuditor(
    { ...quiet, otlpEndpoint: backend.url, otlpProtocol: "http/json" },
    {
      store: await storeWithUnroutable(),
      observer: { finding: ({ state }) => told.push(state), notice: () => undefined },
    },
  );
  await expect
    .poll(() => readJson(`${auditor.url}/api/v1/findings?state=confirmed`), patience)
    .toMatchObject({ findings: [{ verdict: "produce.unroutable", sequences: { confirmed: "3-7" } }] });
  const metrics = await (await fetch(`${auditor.url}/metrics`)).text();
  expect(metrics).toContain('seqwatch_messages_missing{system="rabbitmq",destination="orders",state="confirmed"} 5');
  expect(metrics).toContain('seqwatch_messages_lost_total{system="rabbitmq",destination="orders"} 5');
  await auditor.close();
  await backend.close();
  expect(told).toEqual(["confirmed"]);
  expect(backend.spans().map((span) => plain(span["attributes"])["error.type"])).toEqual(["produce.unroutable"]);
});

test("what seemed missing and turned up is told as recovered", async () => {
  const backend = await startOtlpBackend();
  const store = createMemoryStore();
  await store.reportLedger(kafkaLane, sampleLedger({ acked: [1, 9], omitted: [10, 10] }));
  const auditor = await startAuditor({ ...quiet, otlpEndpoint: backend.url, otlpProtocol: "http/json" }, { store });
  const states = async () => JSON.stringify(await readJson(`${auditor.url}/api/v1/findings`));
  await expect.poll(states, patience).toContain('"state":"suspected"');
  // The broker had it all the same: the producer hears so late.
  const late = { number: 2, nonce: "nonce-2", buildsOn: "nonce-1", acked: [1, 10] };
  await store.reportLedger(kafkaLane, sampleLedger({ ...late, omitted: [10, 10] }));
  await expect.poll(states, patience).toContain('"state":"explained"');
  await auditor.close();
  await backend.close();
  expect(backend.logRecords().map(({ eventName }) => eventName)).toEqual([
    "seqwatch.finding.suspected",
    "seqwatch.finding.recovered",
  ]);
  expect(backend.spans()).toEqual([]);
});

test("findings of an earlier life are served again and not told a second time", async () => {
  const store = await storeWithUnroutable();
  const first = await startAuditor(quiet, { store });
  await expect.poll(() => readJson(`${first.url}/api/v1/findings`), patience).toMatchObject({ findings: [{}] });
  await first.close();
  const backend = await startOtlpBackend();
  const second = await startAuditor({ ...quiet, otlpEndpoint: backend.url, otlpProtocol: "http/json" }, { store });
  const served = () => readJson(`${second.url}/api/v1/findings`);
  await expect.poll(served, patience).toMatchObject({ findings: [{ state: "confirmed", references: [] }] });
  // The finding changes, but not its state: what the application calls the message is news to the page alone.
  const named = { number: 2, nonce: "nonce-2", buildsOn: "nonce-1", references: [{ sequence: 3, text: "order-3" }] };
  await store.reportLedger(rabbitLane, sampleLedger({ ...named, returned: [3, 7] }));
  await expect.poll(served, patience).toMatchObject({ findings: [{ references: ["order-3"] }] });
  await second.close();
  await backend.close();
  expect([backend.logRecords(), backend.spans()]).toEqual([[], []]);
});

test("a store that is away at the start is waited for, and readyz says so", async () => {
  const store = await storeWithUnroutable();
  let isAway = true;
  const late = {
    ...watchStore(store, { answered: () => undefined, readLane: () => undefined }),
    readFindings: () => (isAway ? Promise.reject(new Error("connection refused")) : store.readFindings()),
  };
  const auditor = await startAuditor(quiet, { store: late });
  await expect
    .poll(() => readJson(`${auditor.url}/readyz`), patience)
    .toMatchObject({
      status: "not-ready",
      reasons: [expect.stringContaining("connection refused"), "No pass has ended yet."],
    });
  isAway = false;
  await expect.poll(() => readJson(`${auditor.url}/readyz`), patience).toMatchObject({ status: "ready" });
  await auditor.close();
});

test("an observer that throws stops nothing", async () => {
  const observer = {
    finding: () => {
      throw new Error("broken observer");
    },
    notice: () => undefined,
  };
  const auditor = await startAuditor(quiet, { store: await storeWithUnroutable(), observer });
  await expect.poll(() => readJson(`${auditor.url}/api/v1/findings`), patience).toMatchObject({ findings: [{}] });
  await expect.poll(() => readJson(`${auditor.url}/readyz`), patience).toMatchObject({ status: "ready" });
  await auditor.close();
});

test("an address that is taken is refused in words that help, and nothing is left behind", async () => {
  const first = await startAuditor(quiet);
  const port = Number(new URL(first.url).port);
  await expect(startAuditor({ ...quiet, auditorPort: port })).rejects.toThrow(`Cannot listen at 127.0.0.1:${port}`);
  await first.close();
});

test("as a process it ends in order when it is told to, and says why it cannot start", async () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const start = (...args: string[]) =>
    spawn(process.execPath, ["--conditions=@seqwatch/source", main, "--auditor-port", "0", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
  const running = start();
  let said = "";
  running.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said, patience).toContain("The auditor runs.");
  running.kill("SIGTERM");
  expect(await once(running, "exit")).toEqual([0, null]);

  const refused = start("--evidence", "everything");
  let complaint = "";
  refused.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  expect(await once(refused, "close")).toEqual([1, null]);
  expect(complaint).toContain(
    'evidence (SEQWATCH_EVIDENCE, --evidence) is "everything"; allowed is none, offsets, records.',
  );
});
