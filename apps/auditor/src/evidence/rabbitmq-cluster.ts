import { fieldsOf, textOf } from "./json-fields.ts";
import type { ManagementClient } from "./management-client.ts";

/**
 * Tells whether a lane's cluster is the one that is read: clients name it CLUSTER/VHOST, with the broker's own name of
 * its cluster unless the application gave another. A reading of another cluster's queue of the same name would be untrue.
 */
export class OwnCluster {
  readonly #virtualHost: string;
  readonly #warn: (code: string, text: string) => void;
  #name: string | undefined;

  constructor(options: {
    readonly name: string | undefined;
    readonly virtualHost: string;
    readonly warn: (code: string, text: string) => void;
  }) {
    this.#name = options.name;
    this.#virtualHost = options.virtualHost;
    this.#warn = options.warn;
  }

  async is(cluster: string, management: ManagementClient, nowMs: () => number): Promise<boolean> {
    if (this.#name === undefined) {
      const { value } = await management.read("/cluster-name", nowMs);
      if (value.kind === "found") this.#name = textOf(fieldsOf(value.body)["name"]);
    }
    if (this.#name === undefined) return false;
    const own = `${this.#name}/${this.#virtualHost}`;
    if (own === cluster) return true;
    const mend = "Set SEQWATCH_AMQP_CLUSTER to the name that the applications use.";
    this.#warn("OTHER_CLUSTER", `Clients report from RabbitMQ ${cluster}, but ${own} is read. ${mend}`);
    return false;
  }
}
