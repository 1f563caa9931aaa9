import { watchKafka } from "@seqwatch/kafkajs";
import { redisStore } from "@seqwatch/store-redis";
import { Redis } from "ioredis";
import { Kafka, logLevel } from "kafkajs";
import { AuditorApi } from "../auditor-api.ts";
import { startAuditorChild } from "./auditor-child.ts";
import type { Lab } from "./lab.ts";
import type { Evidence } from "./scenario.ts";

/** What lies in the store under one prefix. */
export interface Footprint {
  readonly keys: number;
  readonly lanes: number;
  readonly bytes: number;
}

/** A corner of the store of its own, with an auditor that collects after seconds what it would keep for an hour. */
export class Growth {
  readonly api: AuditorApi;
  readonly #lab: Lab;
  readonly #prefix: string;
  readonly #redis: Redis;

  private constructor(lab: Lab, prefix: string, api: AuditorApi) {
    this.#lab = lab;
    this.#prefix = prefix;
    this.api = api;
    this.#redis = new Redis(lab.addresses.redisUrl);
    lab.afterwards(async () => this.#redis.disconnect());
  }

  /** `evidence` is what its auditor reads of the brokers: nothing, unless the row is about what that takes too. */
  static async start(lab: Lab, evidence: Evidence = "none"): Promise<Growth> {
    const prefix = lab.name("state");
    const keeps = { keepEndedMs: 3_000, keepOpenMs: 6_000, keepGroupMs: 60_000, evidence };
    const auditor = await startAuditorChild({ ...lab.site.auditorSettings, redisPrefix: prefix, ...keeps });
    lab.afterwards(async () => await auditor.close());
    return new Growth(lab, prefix, new AuditorApi(auditor.url));
  }

  /** The options that make an application report here. */
  store() {
    return redisStore({ url: this.#lab.addresses.redisUrl, prefix: this.#prefix });
  }

  kafka(service: string): Kafka {
    const brokers = [...this.#lab.addresses.kafkaBrokers];
    const kafka = new Kafka({ clientId: service, brokers, logLevel: logLevel.NOTHING, retry: { retries: 10 } });
    return watchKafka(kafka, { service: this.#lab.name(service), store: this.store() });
  }

  async measure(): Promise<Footprint> {
    const keys: string[] = [];
    for (let cursor = "0"; ; ) {
      const [next, found] = await this.#redis.scan(cursor, "MATCH", `${this.#prefix}:*`, "COUNT", 1_000);
      keys.push(...found);
      cursor = next;
      if (cursor === "0") break;
    }
    const sizes = await Promise.all(keys.map((key) => this.#redis.memory("USAGE", key)));
    const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    return { keys: keys.length, lanes: keys.filter((key) => /:\{(kafka|rabbitmq)\//.test(key)).length, bytes };
  }

  /** Streams that the store holds of a destination. */
  async streams(destination: string): Promise<number> {
    return (await this.api.streams(destination)).length;
  }

  /** Prints what there is, as figures of the row. */
  async tell(moment: string): Promise<Footprint> {
    const footprint = await this.measure();
    for (const [name, value] of Object.entries(footprint)) this.#lab.figure(`${moment}.${name}`, value);
    return footprint;
  }
}
