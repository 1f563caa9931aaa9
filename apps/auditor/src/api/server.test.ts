import { createMemoryStore, laneKeyOf, lookAtClients, noClients } from "@seqwatch/core";
import { describe, expect, test } from "vitest";
import { kafkaLane, sampleFinding, sampleLedger, sampleSign, sampleTestimony } from "../../test/samples.ts";
import { FindingBook } from "../finding-book.ts";
import { type ApiSources, createApi } from "./server.ts";

const noFigures = {
  messages: [],
  streams: [],
  isRecording: true,
  reportErrors: 0,
  reportsDropped: 0,
  lastPassAtMs: undefined,
};
const wallMs = 1_800_000_000_000;

async function serve(change: Partial<ApiSources> = {}) {
  const findings = new FindingBook(1_000);
  const store = createMemoryStore();
  const failures: string[] = [];
  const api = await createApi({
    token: undefined,
    findings,
    store,
    laneKeys: () => [laneKeyOf(kafkaLane)],
    clients: () => lookAtClients(noClients, [sampleSign()], 0),
    standings: () => new Map([["client-1", "alive"]]),
    health: () => ({ reasons: [], warnings: [], lastPassAtMs: wallMs, laneCount: 1 }),
    auditorCount: () => 1,
    figures: () => ({ ...noFigures, findings: findings.figures() }),
    readMetrics: async () => "seqwatch_build_info 1\n",
    wallMs: () => wallMs,
    failed: (where) => failures.push(where),
    ...change,
  });
  const get = (url: string, headers: Record<string, string> = {}) =>
    api.inject({ method: "GET", url, headers: { host: "127.0.0.1:7979", ...headers } });
  const putSwitch = (body: object) =>
    api.inject({ method: "PUT", url: "/api/v1/switch", headers: { host: "127.0.0.1" }, payload: body });
  return { api, findings, store, failures, get, putSwitch };
}

test("the status counts what is open by state, and keeps what was not sent apart from loss", async () => {
  const { findings, get } = await serve();
  findings.book(sampleFinding({ id: "a" }));
  findings.book(sampleFinding({ id: "b", state: "not-sent", sequences: { "not-sent": [20, 29] } }));
  const status = (await get("/api/v1/status")).json();
  expect(status).toMatchObject({ isReady: true, isRecording: true, lanes: 1 });
  expect(status.findings).toEqual([
    { state: "confirmed", findings: 1, messages: 3 },
    { state: "not-sent", findings: 1, messages: 10 },
  ]);
});

test("coverage tells by group what is audited, and what is blind with both names of its cluster", async () => {
  const renamed = { ...kafkaLane, cluster: "production" };
  const { store, get } = await serve({ laneKeys: () => [kafkaLane, renamed].map(laneKeyOf) });
  await store.reportLedger(renamed, sampleLedger());
  await store.reportTestimony(kafkaLane, sampleTestimony({ received: 8, unstamped: 2, forwarded: 6 }));
  const reply = (await get(`/api/v1/coverage?destination=${kafkaLane.destination}`)).json();
  expect(reply.destinations).toMatchObject([
    { cluster: kafkaLane.cluster, groups: [{ group: "billing", received: 8, unstamped: 2, forwarded: 6, audited: 0 }] },
    { cluster: "production", streams: 1, groups: [] },
  ]);
  expect(reply.blind).toMatchObject([
    { reason: "cluster-named-twice", clusters: ["production", kafkaLane.cluster], groups: ["billing"], partitions: 1 },
  ]);
});

test("a client that switched itself off is a blind stretch, for as long as it lives and is off", async () => {
  const sign = sampleSign({ state: "off", offByItself: "10 internal errors" });
  const clients = () => lookAtClients(noClients, [sign], 0);
  const blindAs = async (standing: "off" | "silent" | "closed") => {
    const { get } = await serve({ clients, standings: () => new Map([["client-1", standing]]) });
    return (await get("/api/v1/coverage")).json().blind;
  };
  expect(await blindAs("off")).toMatchObject([{ reason: "off-by-itself", clientId: "client-1" }]);
  expect([await blindAs("silent"), await blindAs("closed")]).toEqual([[], []]);
});

describe("findings", () => {
  test("a finding is shown with its sequences as text and its times as RFC 3339", async () => {
    const { findings, get } = await serve();
    findings.book(sampleFinding());
    const reply = await get("/api/v1/findings");
    expect(reply.statusCode).toBe(200);
    expect(reply.json().findings).toMatchObject([
      {
        system: "kafka",
        destination: "orders",
        group: "billing",
        state: "confirmed",
        verdict: "store.missing",
        sequences: { confirmed: "5-6,9" },
        messageCount: 3,
        offsets: { low: 104, high: 108 },
        changedAt: "1970-01-01T00:16:46.000Z",
        isShortened: false,
      },
    ]);
  });

  test("one is found by its id, whatever characters the id holds", async () => {
    const { findings, get } = await serve();
    const id = "rabbitmq/main%2F%2F/orders/eu#abcdefghijk#billing%20%F0%9F%90%87#5.1";
    findings.book(sampleFinding({ id }));
    const reply = await get(`/api/v1/findings/${encodeURIComponent(id)}`);
    expect(reply.json()).toMatchObject({ id });
  });

  test("one by its id says why, who was concerned and what to do, and a list leaves that out", async () => {
    const { findings, get } = await serve({ kafkaBrokers: "b1:9092" });
    const facts = ["Acknowledged at offsets 104-105: sequences 5-6."];
    const consumers = [{ clientId: "client-2", service: "billing", instance: "host-2:9", pid: 9 }];
    findings.book(sampleFinding({ id: "a", verdict: "consume.skipped", facts, consumers }));
    const one = (await get("/api/v1/findings/a")).json();
    expect(one).toMatchObject({ facts, consumers, isUnattributed: false, docs: "docs/verdicts.md#consumeskipped" });
    expect(one.nextSteps[0].command).toEqual({
      language: "sh",
      text: "kafka-consumer-groups.sh --bootstrap-server b1:9092 --group billing --topic orders:0 --reset-offsets --to-offset 104 --execute",
    });
    const listed = (await get("/api/v1/findings")).json().findings[0];
    expect([listed.facts, listed.nextSteps]).toEqual([[], []]);
  });

  test("an unknown id is 404 in the shape of every error", async () => {
    const { get } = await serve();
    const reply = await get("/api/v1/findings/none");
    expect([reply.statusCode, reply.json()]).toEqual([
      404,
      { error: { code: "NOT_FOUND", message: "No such finding is known." } },
    ]);
  });

  test("filters narrow the list", async () => {
    const { findings, get } = await serve();
    findings.book(sampleFinding({ id: "a" }));
    findings.book(sampleFinding({ id: "b", state: "suspected" }));
    findings.book(sampleFinding({ id: "c", group: "shipping" }));
    const idsOf = async (query: string) =>
      (await get(`/api/v1/findings?${query}`)).json().findings.map(({ id }: { id: string }) => id);
    expect(await idsOf("state=suspected")).toEqual(["b"]);
    expect(await idsOf("group=shipping")).toEqual(["c"]);
    expect(await idsOf("system=rabbitmq")).toEqual([]);
    expect(await idsOf("destination=orders&verdict=store.missing")).toEqual(["a", "b", "c"]);
  });

  test("pages go from the newest to the oldest and neither skip nor repeat when news come in between", async () => {
    const { findings, get } = await serve();
    const add = (id: string, changedAtMs: number) => findings.book(sampleFinding({ id, changedAtMs }));
    ["a", "b", "c", "d", "e"].forEach((id, index) => add(id, index));
    const first = (await get("/api/v1/findings?limit=2")).json();
    add("news", 100);
    const second = (await get(`/api/v1/findings?limit=2&cursor=${first.next}`)).json();
    const third = (await get(`/api/v1/findings?limit=2&cursor=${second.next}`)).json();
    const ids = [first, second, third].map((page) => page.findings.map(({ id }: { id: string }) => id));
    expect(ids).toEqual([["e", "d"], ["c", "b"], ["a"]]);
    expect(third.next).toBeUndefined();
  });

  test("a list shows the first ranges of a torn stream, the finding itself all of them", async () => {
    const { findings, get } = await serve();
    const confirmed = Array.from({ length: 100 }, (_, index) => [index * 2 + 1, index * 2 + 1]).flat();
    findings.book(sampleFinding({ id: "torn", sequences: { confirmed } }));
    const listed = (await get("/api/v1/findings")).json().findings[0];
    const whole = (await get("/api/v1/findings/torn")).json();
    expect([listed.isShortened, listed.sequences.confirmed.split(",").length]).toEqual([true, 64]);
    expect([whole.isShortened, whole.sequences.confirmed.split(",").length]).toEqual([false, 100]);
  });

  test.each(["state=lost", "limit=0", "limit=201", "surprise=1", "cursor=garbage", "limit=many"])(
    "%s is refused as 400",
    async (query) => {
      const { get } = await serve();
      const reply = await get(`/api/v1/findings?${query}`);
      expect([reply.statusCode, Object.keys(reply.json())]).toEqual([400, ["error"]]);
    },
  );

  test("a refused value comes with those that are allowed", async () => {
    const { get } = await serve();
    const reply = await get("/api/v1/findings?state=lost");
    expect(reply.json().error.message).toMatch(/allowed values: .*suspected/);
    expect(reply.json().error.message).toMatch(/allowed values: .*confirmed/);
  });

  test("what others wrote cannot become markup", async () => {
    const { findings, get } = await serve();
    findings.book(sampleFinding({ references: ["</script><img src=x>"] }));
    const reply = await get("/api/v1/findings");
    expect(reply.body).not.toMatch(/[<>&]/);
    expect(reply.json().findings[0].references).toEqual(["</script><img src=x>"]);
    expect(reply.headers["x-content-type-options"]).toBe("nosniff");
  });
});

describe("streams and clients", () => {
  test("a stream is shown with what became of its messages", async () => {
    const { store, get } = await serve();
    await store.reportLedger(kafkaLane, sampleLedger({ acked: [1, 8], omitted: [9, 9] }));
    const reply = await get("/api/v1/streams");
    expect(reply.json().streams).toMatchObject([
      { producerId: "abcdefghijk", service: "orders-api", standing: "alive", assigned: 10, acked: 8, omitted: 1 },
    ]);
  });

  test("pages of streams cover every lane and producer once", async () => {
    const lanes = ["0", "1", "2"].map((partition) => ({ ...kafkaLane, partition }));
    const { store, get } = await serve({ laneKeys: () => lanes.map(laneKeyOf) });
    const producers = ["aaaaaaaaaaa", "bbbbbbbbbbb"];
    for (const lane of lanes)
      for (const producerId of producers) await store.reportLedger(lane, sampleLedger({ producerId }));
    const seen: string[] = [];
    let query = "limit=2";
    for (let page = 0; page < 10 && query !== ""; page++) {
      const { streams, next } = (await get(`/api/v1/streams?${query}`)).json();
      seen.push(
        ...streams.map((stream: { partition: string; producerId: string }) => stream.partition + stream.producerId),
      );
      query = next === undefined ? "" : `limit=2&cursor=${next}`;
    }
    expect(seen).toEqual(["0", "1", "2"].flatMap((partition) => producers.map((id) => partition + id)));
  });

  test("a client is shown with how it stands", async () => {
    const { get } = await serve();
    expect((await get("/api/v1/clients")).json().clients).toMatchObject([{ clientId: "client-1", standing: "alive" }]);
  });
});

describe("the switch", () => {
  const rule = { scope: { kind: "destination", destination: "orders" }, recording: false, reason: "load", who: "ops" };

  test("is read and written, one version at a time", async () => {
    const { putSwitch, get } = await serve();
    expect((await putSwitch({ version: 0, rules: [rule] })).json()).toMatchObject({ version: 1, isRecording: false });
    expect((await get("/api/v1/switch")).json()).toMatchObject({ version: 1, rules: [rule] });
  });

  test("refuses a writer that saw an older version", async () => {
    const { putSwitch, get } = await serve();
    await putSwitch({ version: 0, rules: [rule] });
    const reply = await putSwitch({ version: 0, rules: [] });
    expect([reply.statusCode, reply.json().error.code]).toEqual([409, "VERSION_CONFLICT"]);
    expect((await get("/api/v1/switch")).json().rules).toHaveLength(1);
  });

  test("a body without its content-type is refused with the header to send", async () => {
    const { api } = await serve();
    const headers = { host: "127.0.0.1", "content-type": "application/x-www-form-urlencoded" };
    const reply = await api.inject({
      method: "PUT",
      url: "/api/v1/switch",
      headers,
      payload: '{"version":0,"rules":[]}',
    });
    expect(reply.statusCode).toBe(415);
    expect(reply.json().error.message).toContain("content-type: application/json");
  });

  test.each([
    [{ ...rule, reason: "" }],
    [{ ...rule, scope: { kind: "galaxy" } }],
    [{ ...rule, until: "tomorrow" }],
    [{ ...rule, extra: 1 }],
  ])("refuses the rule %o", async (wrong) => {
    const { putSwitch } = await serve();
    expect((await putSwitch({ version: 0, rules: [wrong] })).statusCode).toBe(400);
  });
});

describe("health", () => {
  test("an auditor that cannot be relied on is not ready, and says why", async () => {
    const { get } = await serve({
      health: () => ({ reasons: ["No pass has ended yet."], warnings: [], lastPassAtMs: undefined, laneCount: 0 }),
    });
    const reply = await get("/readyz");
    expect([reply.statusCode, reply.json()]).toMatchObject([503, { reasons: ["No pass has ended yet."] }]);
    expect((await get("/healthz")).statusCode).toBe(200);
  });

  test("metrics are text in Prometheus's format", async () => {
    const { get } = await serve();
    const reply = await get("/metrics");
    expect([reply.headers["content-type"], reply.body]).toEqual([
      "text/plain; version=0.0.4; charset=utf-8",
      "seqwatch_build_info 1\n",
    ]);
  });
});

describe("access", () => {
  const token = "0123456789abcdef";

  test("with a token nobody gets in without it, but for the questions whether it lives", async () => {
    const { get } = await serve({ token });
    const status = async (url: string, headers = {}) => (await get(url, headers)).statusCode;
    expect(await status("/api/v1/findings")).toBe(401);
    expect(await status("/metrics")).toBe(401);
    expect(await status("/nowhere")).toBe(401);
    expect(await status("/api/v1/findings", { authorization: "Bearer 0123456789abcdeX" })).toBe(401);
    expect(await status("/api/v1/findings", { authorization: `Bearer ${token}` })).toBe(200);
    expect(await status("/healthz")).toBe(200);
    expect(await status("/readyz")).toBe(200);
  });

  test.each(["evil.example", "evil.example:7979", "127.0.0.1.evil.example"])(
    "without a token a page that calls this machine %j gets nothing",
    async (host) => {
      const { get } = await serve();
      expect((await get("/api/v1/findings", { host })).statusCode).toBe(403);
    },
  );

  test.each(["127.0.0.1", "localhost:7979", "[::1]:7979"])(
    "without a token this machine as %s gets in",
    async (host) => {
      const { get } = await serve();
      expect((await get("/api/v1/findings", { host })).statusCode).toBe(200);
    },
  );
});

test("what goes wrong inside is for the log, not for the caller", async () => {
  const { get, failures } = await serve({ readMetrics: () => Promise.reject(new Error("secret path /etc")) });
  const reply = await get("/metrics");
  expect([reply.statusCode, reply.json().error.code]).toEqual([500, "INTERNAL"]);
  expect(reply.body).not.toContain("secret");
  expect(failures).toEqual(["GET /metrics"]);
});
