import type { BrokerPort } from "./cluster.ts";
import { listAt, textAt } from "./untyped.ts";

/** Which topics are compacted. It rarely changes, so it is read once a minute; what was read last stands meanwhile. */
export class TopicPolicies {
  readonly #compacted = new Map<string, { readonly isCompacted: boolean; readonly atMs: number }>();

  /** undefined = never read. */
  async isCompacted(broker: BrokerPort, topic: string, nowMs: number): Promise<boolean | undefined> {
    const known = this.#compacted.get(topic);
    if (known !== undefined && nowMs - known.atMs < renewMs) return known.isCompacted;
    try {
      const answer = await broker.describeConfigs({
        resources: [{ type: topicResource, name: topic, configNames: ["cleanup.policy"] }],
        includeSynonyms: false,
      });
      const entries = listAt(listAt(answer, "resources")[0], "configEntries");
      const policy = entries.find((entry) => textAt(entry, "configName") === "cleanup.policy");
      if (policy === undefined) return known?.isCompacted;
      const isCompacted = textAt(policy, "configValue").split(",").includes("compact");
      if (this.#compacted.size >= maxTopics) this.#compacted.clear();
      this.#compacted.set(topic, { isCompacted, atMs: nowMs });
      return isCompacted;
    } catch {
      return known?.isCompacted;
    }
  }
}

const renewMs = 60_000;
/** Kafka's number for a topic among configurable things. */
const topicResource = 2;
const maxTopics = 10_000;
