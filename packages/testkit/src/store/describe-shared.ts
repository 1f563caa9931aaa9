import { type ClientSign, everythingOn, type Lane, type Store, type SwitchState } from "@seqwatch/core";
import { expect, test, vi } from "vitest";
import { finding } from "./samples.ts";

const sign: ClientSign = {
  clientId: "client-orders",
  number: 3,
  service: "orders-api",
  instance: "host-1",
  pid: 17,
  version: "0.1.0",
  system: "kafka",
  state: "open",
  roles: ["producer producer-01"],
  reportErrorCount: 0,
  droppedReportCount: 0,
};

const quiet: SwitchState = {
  version: 4,
  rules: [
    {
      scope: { kind: "destination", destination: "orders" },
      recording: false,
      untilMs: undefined,
      reason: "load test",
      who: "ops",
    },
  ],
};

/** What is shared beside the lanes: clients, queues, findings, the switch. */
export function describeShared(store: () => Store): void {
  test("a client is listed with its latest sign", async () => {
    await store().signClient(sign);
    await store().signClient({ ...sign, number: 5, state: "closed" });
    await store().signClient({ ...sign, number: 4 });
    expect(await store().readClients()).toEqual([{ ...sign, number: 5, state: "closed" }]);
  });

  test("who watches lanes hears of one that is announced, until they stop", async () => {
    const lane: Lane = { system: "kafka", cluster: "main", destination: "orders {new}", partition: "3" };
    const announced = vi.fn<(lane: Lane) => void>();
    const stop = store().watchLanes(announced);
    await vi.waitFor(async () => {
      await store().announceLane(lane);
      expect(announced).toHaveBeenCalledWith(lane);
    });
    stop();
    announced.mockClear();
    await store().announceLane(lane);
    await store().readVersions();
    expect(announced).not.toHaveBeenCalled();
  });

  test("a queue's consumers are listed with their latest signs, and the last mark of doubt", async () => {
    const consumer = { consumerId: "a", clientId: "client;1", number: 2, deliveries: 9, state: "open" } as const;
    expect(await store().readQueue("main", "billing")).toEqual({ consumers: new Map(), doubtToken: "" });
    await store().signConsumers("main", "billing", [consumer, { ...consumer, consumerId: "b", state: "off" }]);
    await store().signConsumers("main", "billing", [{ ...consumer, consumerId: "d", state: "ending" }]);
    await store().signConsumers("main", "billing", [{ ...consumer, number: 1, deliveries: 1 }]);
    await store().doubtQueue("main", "billing", "token-1");
    const line = { clientId: "client;1", number: 2, deliveries: 9 };
    expect(await store().readQueue("main", "billing")).toEqual({
      consumers: new Map([
        ["a", { ...line, state: "open" }],
        ["b", { ...line, state: "off" }],
        ["d", { ...line, state: "ending" }],
      ]),
      doubtToken: "token-1",
    });
    expect((await store().readQueue("other", "billing")).consumers.size).toBe(0);
  });

  test("of a queue's closed consumers the latest are kept", async () => {
    const line = { clientId: "c", number: 1, deliveries: 0 };
    for (let consumer = 0; consumer < 66; consumer++) {
      await store().signConsumers("main", "q", [{ ...line, consumerId: `closed-${consumer}`, state: "closed" }]);
    }
    const { consumers } = await store().readQueue("main", "q");
    expect([consumers.size, consumers.has("closed-1"), consumers.has("closed-2")]).toEqual([64, false, true]);
  });

  test("a finding is read as it was saved last, in the order of change", async () => {
    const other = finding({ id: "finding-2", changedAtMs: 1_500, group: undefined, cause: "member-died" });
    await store().saveFindings([finding(), other]);
    await store().saveFindings([finding({ changedAtMs: 3_000, state: "withdrawn" }), finding({ changedAtMs: 2_500 })]);
    expect(await store().readFindings()).toEqual([other, finding({ changedAtMs: 3_000, state: "withdrawn" })]);
  });

  test("the newest 10,000 findings are kept", async () => {
    const findings = Array.from({ length: 10_002 }, (_, index) =>
      finding({ id: `f-${index}`, changedAtMs: index + 1 }),
    );
    await store().saveFindings(findings);
    const kept = await store().readFindings();
    expect([kept.length, kept[0]?.id]).toEqual([10_000, "f-2"]);
  });

  test("the switch is on until it is written, and only a newer version changes it", async () => {
    expect(await store().readSwitch()).toEqual(everythingOn);
    await store().writeSwitch(quiet);
    await store().writeSwitch({ version: 3, rules: [] });
    await store().writeSwitch({ version: 4, rules: [] });
    expect(await store().readSwitch()).toEqual(quiet);
  });

  test("who watches the switch hears of each change, until it stops watching", async () => {
    const changed = vi.fn<() => void>();
    const stop = store().watchSwitch(changed);
    expect(changed).not.toHaveBeenCalled();
    await store().writeSwitch(quiet);
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1), { timeout: 2_000 });
    await store().writeSwitch({ ...quiet, version: 5 });
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(2), { timeout: 2_000 });
    stop();
    await store().writeSwitch({ ...quiet, version: 6 });
    expect(await store().readSwitch()).toMatchObject({ version: 6 });
    expect(changed).toHaveBeenCalledTimes(2);
  });

  test("the life of a store that nothing happened to is the same", async () => {
    expect(await store().readLife()).toBe(await store().readLife());
    expect(await store().readLife()).not.toBe("");
  });
}
