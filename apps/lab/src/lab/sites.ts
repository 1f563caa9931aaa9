import { openEvidenceSite } from "./evidence-site.ts";
import { openFailoverSite } from "./failover-site.ts";
import type { Evidence, Scenario } from "./scenario.ts";
import { openSite, type Site } from "./site.ts";

const clusterNodes = 3;

/** The servers of a run: one site for everybody, and one with three RabbitMQ nodes for who wants them. */
export class Sites {
  readonly #brokers: readonly ("kafka" | "rabbitmq")[];
  readonly #onProgress: (line: string) => void;
  readonly #evidence = new Map<Evidence, Promise<Site>>();
  readonly #pairs: Promise<Site>[] = [];
  #main: Promise<Site> | undefined;
  #cluster: Promise<Site> | undefined;

  constructor(scenarios: readonly Scenario[], onProgress: (line: string) => void) {
    const brokers = ["kafka", "rabbitmq"] as const;
    this.#brokers = brokers.filter((broker) =>
      scenarios.some(({ world }) => world[broker] !== undefined && world[broker] !== "cluster"),
    );
    this.#onProgress = onProgress;
  }

  async of(scenario: Scenario): Promise<Site> {
    if (scenario.world.rabbitmq === "cluster") {
      this.#cluster ??= openSite(["rabbitmq"], this.#onProgress, clusterNodes);
      return await this.#cluster;
    }
    const main = await this.main();
    // Each run has a fresh pair: a replica is promoted once.
    if (scenario.world.redis === "replicated") {
      const pair = openFailoverSite(main);
      this.#pairs.push(pair);
      return await pair;
    }
    const { evidence } = scenario.world;
    if (evidence === undefined) return main;
    const site = this.#evidence.get(evidence) ?? openEvidenceSite(main, evidence);
    this.#evidence.set(evidence, site);
    return await site;
  }

  /** The one for everybody. */
  async main(): Promise<Site> {
    this.#main ??= openSite(this.#brokers, this.#onProgress);
    return await this.#main;
  }

  async close(): Promise<void> {
    const guests = await Promise.allSettled([...this.#evidence.values(), ...this.#pairs]);
    await Promise.all(guests.map(async (site) => (site.status === "fulfilled" ? await site.value.close() : undefined)));
    const sites = await Promise.allSettled([this.#main, this.#cluster]);
    await Promise.all(sites.map(async (site) => (site.status === "fulfilled" ? await site.value?.close() : undefined)));
  }
}
