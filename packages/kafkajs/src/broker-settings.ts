import type { BrokerPort } from "./cluster.ts";
import { listAt, textAt } from "./untyped.ts";

/** A setting of a topic, or of the broker that is asked. */
interface Setting {
  /** Kafka's number for what is configured. */
  readonly type: number;
  /** The topic, or the broker's node id. */
  readonly name: string;
  readonly setting: string;
}

/** Settings of brokers and topics. They rarely change: read once a minute, and what was read last stands meanwhile. */
export class BrokerSettings {
  readonly #known = new Map<string, { readonly value: string; readonly atMs: number }>();

  /** undefined = never read. */
  async isCompacted(broker: BrokerPort, topic: string, nowMs: number): Promise<boolean | undefined> {
    const policy = await this.#read(broker, { type: topicResource, name: topic, setting: "cleanup.policy" }, nowMs);
    return policy?.split(",").includes("compact");
  }

  /**
   * For how long brokers hold back the first member of an empty group (3 s by default): nobody works in a group unseen for
   * as long as it is looked at more often than that. undefined = never read; the right to read it may be missing.
   */
  async firstJoinDelayMs(broker: BrokerPort, nodeId: number, nowMs: number): Promise<number | undefined> {
    const delay = { type: brokerResource, name: String(nodeId), setting: "group.initial.rebalance.delay.ms" };
    const text = await this.#read(broker, delay, nowMs);
    return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  }

  async #read(broker: BrokerPort, { type, name, setting }: Setting, nowMs: number): Promise<string | undefined> {
    const key = `${type} ${name}`;
    const known = this.#known.get(key);
    if (known !== undefined && nowMs - known.atMs < renewMs) return known.value;
    try {
      const resources = [{ type, name, configNames: [setting] }];
      const answer = await broker.describeConfigs({ resources, includeSynonyms: false });
      const entries = listAt(listAt(answer, "resources")[0], "configEntries");
      const entry = entries.find((one) => textAt(one, "configName") === setting);
      if (entry === undefined) return known?.value;
      const value = textAt(entry, "configValue");
      if (this.#known.size >= maxKnown) this.#known.clear();
      this.#known.set(key, { value, atMs: nowMs });
      return value;
    } catch {
      return known?.value;
    }
  }
}

const renewMs = 60_000;
const topicResource = 2;
const brokerResource = 4;
const maxKnown = 10_000;
