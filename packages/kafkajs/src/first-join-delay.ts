import type { BrokerPort } from "./cluster.ts";
import { listAt, textAt } from "./untyped.ts";

/**
 * For how long brokers hold back the first member of an empty group (`group.initial.rebalance.delay.ms`, 3 s by default):
 * nobody works in a group unseen for as long as it is looked at more often than that. Read once a minute.
 */
export class FirstJoinDelay {
  #known: { readonly delayMs: number; readonly atMs: number } | undefined;

  /** undefined = never read; the right to describe the broker's settings may be missing. */
  async read(broker: BrokerPort, nodeId: number, nowMs: number): Promise<number | undefined> {
    if (this.#known !== undefined && nowMs - this.#known.atMs < renewMs) return this.#known.delayMs;
    try {
      const answer = await broker.describeConfigs({
        resources: [{ type: brokerResource, name: String(nodeId), configNames: [setting] }],
        includeSynonyms: false,
      });
      const entries = listAt(listAt(answer, "resources")[0], "configEntries");
      const text = textAt(
        entries.find((entry) => textAt(entry, "configName") === setting),
        "configValue",
      );
      if (/^\d{1,12}$/.test(text)) this.#known = { delayMs: Number(text), atMs: nowMs };
    } catch {
      // What was read last stands.
    }
    return this.#known?.delayMs;
  }
}

const setting = "group.initial.rebalance.delay.ms";
const renewMs = 60_000;
/** Kafka's number for a broker among configurable things. */
const brokerResource = 4;
