import { expect, test } from "vitest";
import { BrokerSettings } from "./broker-settings.ts";
import type { BrokerPort } from "./cluster.ts";

/** A broker that answers with this value, or not at all. */
function brokerOf(value: string | undefined): BrokerPort {
  const refused = () => Promise.reject(new Error("The broker does not answer."));
  const describeConfigs = async ({ resources }: { readonly resources: readonly object[] }) => {
    if (value === undefined) return await refused();
    const [resource] = resources;
    const [configName] = Object.values(resource ?? {}).flatMap((part: unknown) => (Array.isArray(part) ? part : []));
    return { resources: [{ configEntries: [{ configName, configValue: value }] }] };
  };
  const others = { metadata: refused, describeGroups: refused, offsetFetch: refused, listOffsets: refused };
  return { ...others, fetch: refused, offsetCommit: refused, describeConfigs };
}

test("whether a topic is compacted is asked anew for each reading, and once for those of one second", async () => {
  const settings = new BrokerSettings();
  expect(await settings.isCompacted(brokerOf("delete"), "orders", 0)).toBe(false);
  expect(await settings.isCompacted(brokerOf("compact,delete"), "orders", 999)).toBe(false);
  expect(await settings.isCompacted(brokerOf("compact,delete"), "orders", 1_000)).toBe(true);
});

test("a topic's policy that can no longer be read is not known any more", async () => {
  const settings = new BrokerSettings();
  expect(await settings.isCompacted(brokerOf("delete"), "orders", 0)).toBe(false);
  expect(await settings.isCompacted(brokerOf(undefined), "orders", 1_000)).toBeUndefined();
});

test("how long a first member waits stands while a broker is away, and not for ever", async () => {
  const settings = new BrokerSettings();
  expect(await settings.firstJoinDelayMs(brokerOf("3000"), 1, 0)).toBe(3_000);
  expect(await settings.firstJoinDelayMs(brokerOf("0"), 1, 59_999)).toBe(3_000);
  expect(await settings.firstJoinDelayMs(brokerOf(undefined), 1, 60_000)).toBe(3_000);
  expect(await settings.firstJoinDelayMs(brokerOf(undefined), 1, 600_000)).toBeUndefined();
});
