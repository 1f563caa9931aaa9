import type { BrokerPort } from "./cluster.ts";
import { listAt, textAt } from "./untyped.ts";

/** A setting of a topic, or of the broker that is asked, with how long what was read of it is good for. */
interface Setting {
  /** Kafka's number for what is configured. */
  readonly type: number;
  /** The topic, or the broker's node id. */
  readonly name: string;
  readonly setting: string;
  /** Younger than that it is not asked for again. */
  readonly renewMs: number;
  /** Older than that it counts for nothing where asking fails. */
  readonly standsMs: number;
}

/** Settings of brokers and topics, as they stand: what was read too long ago may have been changed since. */
export class BrokerSettings {
  readonly #known = new Map<string, { readonly value: string; readonly atMs: number }>();

  /**
   * Read anew for each reading, but for other partitions of the topic within a second: a loss is confirmed a grace time
   * after its gap was first seen, so a policy that could have made the gap was in force by then. undefined = not readable.
   */
  async isCompacted(broker: BrokerPort, topic: string, nowMs: number): Promise<boolean | undefined> {
    const times = { renewMs: 1_000, standsMs: 1_000 };
    const asked = { type: topicResource, name: topic, setting: "cleanup.policy", ...times };
    const policy = await this.#read(broker, asked, nowMs);
    return policy?.split(",").includes("compact");
  }

  /**
   * For how long brokers hold back the first member of an empty group (3 s by default): nobody works in a group unseen for
   * as long as it is looked at more often than that. It takes a restart to change it. undefined = not readable; the right
   * may be missing.
   */
  async firstJoinDelayMs(broker: BrokerPort, nodeId: number, nowMs: number): Promise<number | undefined> {
    const times = { renewMs: 60_000, standsMs: 600_000 };
    const delay = { type: brokerResource, name: String(nodeId), setting: "group.initial.rebalance.delay.ms", ...times };
    const text = await this.#read(broker, delay, nowMs);
    return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  }

  async #read(broker: BrokerPort, asked: Setting, nowMs: number): Promise<string | undefined> {
    const { type, name, setting, renewMs, standsMs } = asked;
    const key = `${type} ${name}`;
    const known = this.#known.get(key);
    const ageMs = nowMs - (known?.atMs ?? Number.NEGATIVE_INFINITY);
    if (ageMs < renewMs) return known?.value;
    const standing = ageMs < standsMs ? known?.value : undefined;
    try {
      const resources = [{ type, name, configNames: [setting] }];
      const answer = await broker.describeConfigs({ resources, includeSynonyms: false });
      const entries = listAt(listAt(answer, "resources")[0], "configEntries");
      const entry = entries.find((one) => textAt(one, "configName") === setting);
      if (entry === undefined) return standing;
      const value = textAt(entry, "configValue");
      if (this.#known.size >= maxKnown) this.#known.clear();
      this.#known.set(key, { value, atMs: nowMs });
      return value;
    } catch {
      return standing;
    }
  }
}

const topicResource = 2;
const brokerResource = 4;
const maxKnown = 10_000;
