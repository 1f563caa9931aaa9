import { createMemoryStore, type Notice, type Store, type SwitchRule } from "@seqwatch/core";
import { expect, test, vi } from "vitest";
import { createFakeHost } from "../test/fake-host.ts";
import { createClient } from "./client.ts";
import { internalErrorWindowMs, maxInternalErrors } from "./self-protection.ts";

function setUp(store: Store = createMemoryStore()) {
  const host = createFakeHost();
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const client = createClient({ service: "orders", store, observer, host, recordingFile: "/switch" });
  const fail = (count: number): void => {
    for (let at = 0; at < count; at += 1)
      client.failed("booking an answer", new TypeError("secret-4711 is not iterable"));
  };
  const told = () => notices.filter((notice) => notice.kind === "warning");
  const sign = async () => (await store.readClients())[0];
  return { host, store, client, fail, told, sign };
}

const rule: SwitchRule = {
  scope: { kind: "service", service: "orders" },
  recording: false,
  untilMs: undefined,
  reason: "test",
  who: "test",
};

test("ten internal errors within a minute switch the recording off: said once, with a code and what to do", async () => {
  const { host, client, fail, told, sign } = setUp();
  const changed = vi.fn<() => void>();
  client.onRecordingChange(changed);
  fail(maxInternalErrors - 1);
  expect([client.isRecording("orders"), client.isOffByItself, told()]).toEqual([true, false, []]);
  fail(50);
  expect([client.isRecording("orders"), client.isOffByItself]).toEqual([false, true]);
  expect(changed).toHaveBeenCalledTimes(1);
  expect(told()).toMatchObject([{ code: "OFF_BY_ITSELF", text: expect.stringContaining("call setRecording(true)") }]);
  await host.pass(1_500);
  expect(await sign()).toMatchObject({
    state: "off",
    offByItself: "10 internal errors within 60 s, the last in booking an answer (TypeError)",
  });
  // What an error says of the application's data stays in the process.
  expect(JSON.stringify(await sign())).not.toContain("secret-4711");
});

test("errors that come slower than that switch nothing off", async () => {
  const { host, client, fail } = setUp();
  for (let round = 0; round < 40; round += 1) {
    fail(1);
    await host.pass(internalErrorWindowMs / (maxInternalErrors - 1) + 1);
  }
  expect(client.isRecording("orders")).toBe(true);
});

test("a store that fails is no internal error, whatever it rejects with and wherever that is caught", async () => {
  const store = createMemoryStore();
  const { host, client } = setUp(store);
  vi.spyOn(store, "signClient").mockRejectedValue("down");
  vi.spyOn(store, "readSwitch").mockRejectedValue(new TypeError("down"));
  vi.spyOn(store, "readLane").mockImplementation(() => {
    throw new TypeError("down");
  });
  const read = async () =>
    void (await client.store.readLane({ system: "kafka", cluster: "c", destination: "d", partition: "0" }));
  client.register("producer", { report: read, isUnderLoad: () => false });
  for (let at = 0; at < 20; at += 1)
    await read().catch((error: unknown) => client.failed("a report before a commit", error));
  await host.pass(120_000);
  expect(client.isOffByItself).toBe(false);
});

test("neither is what fails outside of us", () => {
  const { client } = setUp();
  for (let at = 0; at < 20; at += 1) client.failedOutside("the option reference", new Error("a function of theirs"));
  expect(client.isOffByItself).toBe(false);
});

test("it stays off by itself, also past a rule's time, until setRecording(true), which begins anew", async () => {
  const { host, store, client, fail, sign } = setUp();
  await store.writeSwitch({ version: 1, rules: [{ ...rule, untilMs: host.wallMs() + 60_000 }] });
  await host.pass(2_000);
  fail(maxInternalErrors);
  await host.pass(3_600_000);
  expect(client.isRecording("orders")).toBe(false);
  client.setRecording(false);
  client.setRecording(true);
  expect(client.isRecording("orders")).toBe(true);
  fail(maxInternalErrors - 1);
  expect(client.isRecording("orders")).toBe(true);
  await host.pass(1_500);
  expect((await sign())?.offByItself).toBe(undefined);
});

test("a person who throws the store's switch for it off and on again switches it on, one who throws it for others does not", async () => {
  const { host, store, client, fail } = setUp();
  fail(maxInternalErrors);
  const write = async (version: number, rules: readonly SwitchRule[]): Promise<void> => {
    await store.writeSwitch({ version, rules });
    await host.pass(2_000);
  };
  await write(1, [{ ...rule, scope: { kind: "service", service: "billing" } }]);
  await write(2, []);
  expect(client.isRecording("orders")).toBe(false);
  await write(3, [rule]);
  await write(4, []);
  expect(client.isRecording("orders")).toBe(true);
});

test("so does the watched file that is turned from off to on", async () => {
  const { host, client, fail } = setUp();
  host.files.set("/switch", "on");
  await host.pass(2_000);
  fail(maxInternalErrors);
  await host.pass(2_000);
  expect(client.isRecording("orders")).toBe(false);
  for (const word of ["off", "on"]) {
    host.files.set("/switch", word);
    await host.pass(2_000);
  }
  expect(client.isRecording("orders")).toBe(true);
});
