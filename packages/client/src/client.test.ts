import { createMemoryStore, type Notice, type Store, type SwitchRule } from "@seqwatch/core";
import { describe, expect, test } from "vitest";
import { createFakeHost } from "../test/fake-host.ts";
import { createClient } from "./client.ts";
import { ClientError } from "./errors.ts";
import type { ClientOptions } from "./options.ts";

function setUp(options: Partial<ClientOptions> = {}) {
  const host = createFakeHost();
  const store = options.store ?? createMemoryStore();
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const make = () => createClient({ service: "orders", store, observer, host, ...options });
  return { host, store, notices, make };
}

describe("the options", () => {
  test.each<readonly [unknown, string]>([
    [{ service: "" }, 'service is "", but has to be a text of 1 to 200 characters.'],
    [{ service: undefined }, "service is missing"],
    [undefined, "options is missing, but has to be an object that names at least the service"],
    [
      { service: "a", onAckmissing: "reject" },
      'onAckmissing is "reject", but has to be left out: the options are service,',
    ],
    [{ service: "a", cluster: 7 }, "cluster is 7"],
    [{ service: "a", reportEveryMs: 1 }, "reportEveryMs is 1, but has to be a whole number from 10 to 60000."],
    [{ service: "a", enabled: "no" }, 'enabled is "no", but has to be true or false.'],
    [{ service: "a", recordingFile: "" }, 'recordingFile is ""'],
    [{ service: "a", store: "redis://h" }, 'store is "redis://h", but has to be what redisStore(url) returns'],
    [{ service: "a", store: null }, "store is missing, but has to be what redisStore(url) returns"],
    [{ service: "a", observer: {} }, "observer is of type object, but has to be an object with finding()"],
  ])("%o is refused by name, value and what is allowed", (options, text) => {
    const make = (): unknown => Reflect.apply(createClient, undefined, [options]);
    expect(make).toThrow(ClientError);
    expect(make).toThrow(text);
  });

  test("SEQWATCH_ENABLED=false wins over the option", () => {
    const { host, make } = setUp({ enabled: true });
    host.env["SEQWATCH_ENABLED"] = "false";
    expect(make().isEnabled).toBe(false);
  });

  test("a word in SEQWATCH_ENABLED that is neither is refused", () => {
    const { host, make } = setUp();
    host.env["SEQWATCH_ENABLED"] = "maybe";
    expect(make).toThrow('SEQWATCH_ENABLED is "maybe"');
  });
});

describe("the life sign", () => {
  test("is written each second, says what the client is, and ends with closed", async () => {
    const { host, store, make } = setUp();
    const client = make();
    client.addRole("kafka producer");
    await host.pass(3_500);
    expect(await store.readClients()).toMatchObject([
      {
        clientId: client.clientId,
        number: 4,
        service: "orders",
        state: "open",
        roles: ["kafka producer"],
        system: "kafka",
      },
    ]);
    client.setRecording(false);
    await host.pass(1_000);
    expect(await store.readClients()).toMatchObject([{ state: "off" }]);
    const closed = client.close();
    await host.pass(300);
    await closed;
    expect(await store.readClients()).toMatchObject([{ state: "closed" }]);
    await host.pass(10_000);
    expect(await store.readClients()).toMatchObject([{ state: "closed" }]);
  });

  test("goes out at once when a membership changes, so that no auditor takes the member for a foreign one", async () => {
    const { host, store, make } = setUp();
    const client = make();
    await host.pass(10);
    client.setRole({}, "kafka member orders/m-1");
    await host.pass(10);
    expect(await store.readClients()).toMatchObject([{ number: 2, roles: ["kafka member orders/m-1"] }]);
  });

  test("that the store does not take is counted and told, and tried again", async () => {
    const { host, store, notices, make } = setUp();
    const sign = store.signClient.bind(store);
    store.signClient = () => Promise.reject(new Error("store down"));
    make();
    await host.pass(5_000);
    expect(notices).toMatchObject([{ kind: "internal-error", where: "the life sign" }]);
    store.signClient = sign;
    await host.pass(1_000);
    expect((await store.readClients())[0]?.reportErrorCount).toBeGreaterThanOrEqual(5);
  });
});

describe("reports", () => {
  test("come each second from producers, and five times as often from consumers under load", async () => {
    const { host, make } = setUp();
    const client = make();
    const counts = { producer: 0, consumer: 0 };
    const reporter = (kind: keyof typeof counts, isUnderLoad: boolean) => ({
      report: async () => void (counts[kind] += 1),
      isUnderLoad: () => isUnderLoad,
    });
    client.register("producer", reporter("producer", true));
    client.register("consumer", reporter("consumer", true));
    await host.pass(5_000);
    expect(counts).toEqual({ producer: 5, consumer: 25 });
  });

  test("come at once when asked for, once for a tick", async () => {
    const { host, make } = setUp();
    let count = 0;
    const registration = make().register("producer", {
      report: async () => void (count += 1),
      isUnderLoad: () => false,
    });
    registration.soon();
    registration.soon();
    await host.pass(10);
    expect(count).toBe(1);
  });

  test("that fail are tried again after longer and longer pauses, and never reject anywhere", async () => {
    const { host, make, notices } = setUp();
    let count = 0;
    const report = async (): Promise<void> => {
      count += 1;
      throw new Error("store down");
    };
    const registration = make().register("producer", { report, isUnderLoad: () => false });
    await host.pass(60_000);
    registration.soon();
    await host.pass(10);
    expect(count).toBeLessThan(12);
    expect(count).toBeGreaterThan(4);
    expect(notices.length).toBeLessThan(count);
  });

  test("never overlap", async () => {
    const { host, make } = setUp();
    let running = 0;
    let most = 0;
    const report = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => void host.after(1_500, resolve));
      running -= 1;
    };
    const client = make();
    const registration = client.register("producer", { report, isUnderLoad: () => false });
    for (let round = 0; round < 10; round += 1) {
      registration.soon();
      await host.pass(500);
    }
    const flushes = Promise.all([client.flush(), client.flush()]);
    await host.pass(6_000);
    await flushes;
    expect(most).toBe(1);
  });
});

describe("closing", () => {
  test("waits no longer than it was told for a store that hangs, and does not reject", async () => {
    const store: Store = createMemoryStore();
    store.signClient = () => new Promise(() => {});
    const { host, make } = setUp({ store });
    const client = make();
    client.register("producer", { report: () => new Promise(() => {}), isUnderLoad: () => false });
    let isClosed = false;
    const closed = client.close().then(() => (isClosed = true));
    await host.pass(240);
    expect(isClosed).toBe(false);
    await host.pass(20);
    await closed;
    expect(isClosed).toBe(true);
  });

  test("an idle process is held for one flush, and no longer", async () => {
    const { host, make } = setUp();
    let count = 0;
    make().register("producer", { report: async () => void (count += 1), isUnderLoad: () => false });
    host.end("idle");
    expect(host.heldCount()).toBe(1);
    await host.pass(1);
    expect([count, host.heldCount()]).toEqual([1, 0]);
    host.end("idle");
    expect(host.heldCount()).toBe(0);
  });
});

describe("the switch", () => {
  const rule = (scope: SwitchRule["scope"], recording: boolean, untilMs?: number): SwitchRule => ({
    scope,
    recording,
    untilMs,
    reason: "test",
    who: "test",
  });

  test("in the store is heard of at once, and its rules end by themselves", async () => {
    const { host, store, make } = setUp();
    const client = make();
    let changes = 0;
    client.onRecordingChange(() => (changes += 1));
    await host.pass(100);
    const untilMs = host.wallMs() + 5_000;
    await store.writeSwitch({
      version: 1,
      rules: [rule({ kind: "destination", destination: "orders" }, false, untilMs)],
    });
    await host.pass(100);
    expect([client.isRecording("orders"), client.isRecording("other"), changes]).toEqual([false, true, 1]);
    await host.pass(7_000);
    expect([client.isRecording("orders"), changes]).toEqual([true, 2]);
  });

  test("of the process wins over the file, and the file over the store", async () => {
    const { host, store, make } = setUp({ recordingFile: "/recording" });
    const client = make();
    await store.writeSwitch({ version: 1, rules: [rule({ kind: "global" }, false)] });
    await host.pass(2_000);
    expect(client.isRecording("orders")).toBe(false);
    host.files.set("/recording", "on\n");
    await host.pass(2_000);
    expect(client.isRecording("orders")).toBe(true);
    client.setRecording(false);
    expect(client.isRecording("orders")).toBe(false);
    client.setRecording(true);
    expect(client.isRecording("orders")).toBe(true);
    host.files.set("/recording", "off");
    await host.pass(2_000);
    expect(client.isRecording("orders")).toBe(false);
  });

  test("that cannot be read leaves the last word standing", async () => {
    const { host, store, make, notices } = setUp({ recordingFile: "/recording" });
    const client = make();
    host.files.set("/recording", "off");
    await host.pass(2_000);
    host.files.set("/recording", "perhaps");
    store.readSwitch = () => Promise.reject(new Error("store down"));
    await host.pass(2_000);
    expect(client.isRecording("orders")).toBe(false);
    expect(notices.map((notice) => (notice.kind === "internal-error" ? notice.where : ""))).toEqual([
      "reading the recording file",
      "reading the switch",
    ]);
  });
});

describe("the observer", () => {
  test("that throws is counted, and harms nobody", async () => {
    const observer = {
      finding: () => {},
      notice: () => {
        throw new Error("observer");
      },
    };
    const { host, store, make } = setUp({ observer });
    make().notice({ kind: "started", text: "hello" });
    await host.pass(1_500);
    expect((await store.readClients())[0]?.reportErrorCount).toBe(1);
  });

  test("that nobody chose writes one line each, and folds a flood", async () => {
    const { host, store } = setUp();
    const client = createClient({ service: "orders", store, host });
    for (let count = 0; count < 50; count += 1) client.notice({ kind: "warning", code: "x", text: `line ${count}` });
    await host.pass(2_000);
    expect(host.lines.length).toBe(21);
    expect(host.lines.at(-1)).toBe("seqwatch: 30 more lines were folded.");
  });
});

describe("without a store", () => {
  test("clients of one host share one memory, whose findings go to their observers, and say that it stays there", async () => {
    const host = createFakeHost();
    const findings: string[] = [];
    const notices: Notice[] = [];
    const observer = {
      finding: ({ verdict }: { readonly verdict: string }) => void findings.push(verdict),
      notice: (notice: Notice) => void notices.push(notice),
    };
    const first = createClient({ service: "orders", host, observer });
    const second = createClient({ service: "billing", host, observer: { finding: () => {}, notice: () => {} } });
    expect(second.store).toBe(first.store);
    expect(notices).toMatchObject([
      { kind: "started", text: expect.stringContaining("everything stays in this process") },
    ]);
    const lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" } as const;
    const { StreamLedger } = await import("@seqwatch/core");
    const ledger = new StreamLedger(lane, first.newProducerId(), { confirms: true });
    const run = ledger.openRun();
    run.next();
    run.omitted();
    await first.store.reportLedger(
      lane,
      ledger.report({ clientId: first.clientId, number: 1, nonce: "n", buildsOn: "" }, []),
    );
    await host.pass(3_000);
    expect(findings).toContain("produce.ack-missing");
  });
});
