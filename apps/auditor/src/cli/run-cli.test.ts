import { createMemoryStore, type Finding, laneKeyOf, lookAtClients, noClients } from "@seqwatch/core";
import { afterEach, expect, test } from "vitest";
import { kafkaLane, sampleFinding, sampleLedger, sampleSign } from "../../test/samples.ts";
import { createApi } from "../api/server.ts";
import type { ApiServer } from "../api/type-provider.ts";
import { FindingBook } from "../finding-book.ts";
import { runCli } from "./run-cli.ts";

const nowMs = Date.parse("2026-11-20T12:00:00Z");
const open: ApiServer[] = [];

afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

/** An API with these findings, and the command against it. */
async function auditorWith(findings: readonly Finding[], token?: string, client = sampleSign()) {
  const book = new FindingBook(1_000);
  for (const finding of findings) book.book(finding);
  const store = createMemoryStore();
  await store.reportLedger(kafkaLane, sampleLedger({ omitted: [3, 3], acked: [1, 2, 4, 10] }));
  const api = await createApi({
    token,
    findings: book,
    store,
    laneKeys: () => [laneKeyOf(kafkaLane)],
    clients: () => lookAtClients(noClients, [client], 0),
    standings: () => new Map([["client-1", client.state === "off" ? "off" : "alive"]]),
    health: () => ({ reasons: [], warnings: [], lastPassAtMs: nowMs, laneCount: 1 }),
    auditorCount: () => 1,
    figures: () => ({
      messages: [
        {
          labels: { system: "kafka", destination: "orders", group: undefined, partition: "0" },
          totals: { sent: 12_480 },
        },
      ],
      streams: [],
      findings: book.figures(),
      isRecording: true,
      reportErrors: 0,
      reportsDropped: 0,
      lastPassAtMs: nowMs,
    }),
    readMetrics: async () => "",
    wallMs: () => nowMs,
    failed: () => {},
  });
  open.push(api);
  const url = await api.listen({ host: "127.0.0.1", port: 0 });
  return (...args: string[]) => run(args, { SEQWATCH_AUDITOR_URL: url });
}

async function run(args: readonly string[], environment: Record<string, string>) {
  const said = { out: "", err: "" };
  const exitCode = await runCli(args, {
    environment,
    columns: 80,
    hasColors: false,
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    userName: () => "operator",
    nowMs: () => nowMs,
  });
  return { exitCode, ...said, lines: said.out.split("\n").slice(0, -1) };
}

const parse = (lines: readonly string[]): unknown[] => lines.map((line) => JSON.parse(line));

test("status ends with 0 and says so while nothing is lost, and keeps what was not sent apart", async () => {
  const seqwatch = await auditorWith([
    sampleFinding({ state: "not-sent", verdict: "produce.rejected", sequences: { "not-sent": [1, 3] } }),
  ]);
  const { exitCode, lines } = await seqwatch("status");
  expect([exitCode, lines[0]]).toEqual([0, "Nothing lost. 3 messages never sent."]);
  expect(lines.some((line) => /sent +12,480/.test(line))).toBe(true);
});

test("status ends with 1 when a loss is confirmed, also as JSON, whose only line is the summary", async () => {
  const seqwatch = await auditorWith([sampleFinding()]);
  expect(await seqwatch("status")).toMatchObject({ exitCode: 1, lines: expect.arrayContaining(["3 messages lost."]) });
  const { exitCode, lines } = await seqwatch("status", "--json");
  expect(exitCode).toBe(1);
  expect(parse(lines)).toMatchObject([
    { kind: "summary", isReady: true, findings: [{ state: "confirmed", messages: 3 }] },
  ]);
});

test("findings are two lines each, and never wider than the terminal", async () => {
  const group = "a-group-with-a-very-long-name-that-nobody-would-want-to-see-in-a-table-of-eighty-columns";
  const long = sampleFinding({ id: `kafka/main/orders/0#abcdefghijk#${group}#5.1`, group });
  const seqwatch = await auditorWith([long]);
  const { lines } = await seqwatch("findings");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain("confirmed       3  store.missing");
  expect(lines[1]).toContain("abcdefghijk #5.1");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("a client that switched itself off is said before any green word, with what to do", async () => {
  const seqwatch = await auditorWith([], undefined, sampleSign({ state: "off", offByItself: "10 internal errors" }));
  const { out } = await seqwatch("status");
  expect(out).toContain("Nothing known to be lost, but 1 client went off after internal errors.");
  expect(out).toContain("! orders-api (host-1) has switched its own recording off after 10 internal");
});

test("findings are filtered by the auditor, and the limit says when there are more", async () => {
  const all = Array.from({ length: 5 }, (_, index) =>
    sampleFinding({ id: `f${index}`, group: index < 2 ? "shipping" : "billing" }),
  );
  const seqwatch = await auditorWith(all);
  const summaryOf = async (...args: string[]) => parse((await seqwatch("findings", "--json", ...args)).lines).at(-1);
  expect(await summaryOf("--group", "shipping")).toEqual({ kind: "summary", findings: 2, hasMore: false });
  expect(await summaryOf("--limit", "3")).toEqual({ kind: "summary", findings: 3, hasMore: true });
  expect((await seqwatch("findings", "--limit", "3")).lines.at(-1)).toBe("There are more: --limit 6 shows them.");
});

test("explain takes a part of an id, and says what, why, who and what to do", async () => {
  const finding = sampleFinding({
    verdict: "consume.given-up",
    facts: ["billing has finished offsets up to 219."],
    consumers: [{ clientId: "client-2", service: "billing", instance: "host-2:9", pid: 9 }],
  });
  const seqwatch = await auditorWith([finding, sampleFinding({ id: "other" })]);
  const { exitCode, out } = await seqwatch("explain", "billing", "#5.1");
  expect(exitCode).toBe(0);
  expect(out).toContain("3 messages confirmed: consume.given-up");
  expect(out).toContain("- billing has finished offsets up to 219.");
  expect(out).toContain("- consumed by billing (host-2:9, client client-2)");
  expect(out).toContain("--group billing --topic orders:0 --reset-offsets --to-offset 104 --execute");
  expect(out).toContain("docs/verdicts.md#consumegiven-up");
});

test("explain names the findings among which it cannot choose, and knows when there is none", async () => {
  const seqwatch = await auditorWith([sampleFinding({ id: "x#a#1" }), sampleFinding({ id: "x#a#2" })]);
  const both = await seqwatch("explain", "x#a");
  expect([both.exitCode, both.out]).toEqual([4, ""]);
  expect(both.err).toContain("2 findings have");
  expect(await seqwatch("explain", "nothing")).toMatchObject({
    exitCode: 4,
    err: expect.stringContaining("`seqwatch findings` lists them"),
  });
});

test("names that others wrote cannot steer the terminal", async () => {
  const seqwatch = await auditorWith([
    sampleFinding({ id: "a", references: ["\u001b[2Jorder"], decidedBy: "by \u0007bell" }),
  ]);
  const said = `${(await seqwatch("findings")).out}${(await seqwatch("explain", "a")).out}`;
  expect(said).toContain("\\u{1b}[2Jorder");
  expect(/[^\n\P{C}]/u.test(said)).toBe(false);
});

test("streams say what became of each producer's messages", async () => {
  const seqwatch = await auditorWith([]);
  const { lines } = await seqwatch("streams");
  expect(lines).toEqual([
    "kafka orders/0  orders-api (alive)",
    "  abcdefghijk  10 stamped, 9 acknowledged, 1 left out",
  ]);
});

test("the switch is shown, turned off with a reason for a while, and on again", async () => {
  const seqwatch = await auditorWith([]);
  expect((await seqwatch("switch")).lines).toEqual(["Everything records."]);
  expect(await seqwatch("switch", "off")).toMatchObject({ exitCode: 2, err: expect.stringContaining("--reason") });
  const off = await seqwatch("switch", "off", "--service", "billing", "--for", "10m", "--reason", "load test");
  expect(off.lines).toEqual([
    "Something is switched off.",
    "- service billing: off until 2026-11-20T12:10:00.000Z, by operator: load test",
  ]);
  expect(await seqwatch("switch", "on")).toMatchObject({ exitCode: 4 });
  expect((await seqwatch("switch", "on", "--service", "billing")).lines).toEqual(["Everything records."]);
});

test("an auditor that is away, one that wants a token, and a wrong command each say what to do", async () => {
  const away = await run(["status"], { SEQWATCH_AUDITOR_URL: "http://127.0.0.1:9" });
  expect(away).toMatchObject({ exitCode: 3, out: "", err: expect.stringContaining("SEQWATCH_AUDITOR_URL") });
  const seqwatch = await auditorWith([], "a-token-of-enough-characters");
  expect(await seqwatch("status")).toMatchObject({ exitCode: 3, err: expect.stringContaining("set SEQWATCH_TOKEN") });
  expect(await seqwatch("findings", "--system", "nats")).toMatchObject({ exitCode: 2 });
  expect(await seqwatch("findings", "--state", "gone")).toMatchObject({ exitCode: 3 });
  expect(await run(["status"], { SEQWATCH_AUDITOR_URL: "orders" })).toMatchObject({ exitCode: 2 });
});
