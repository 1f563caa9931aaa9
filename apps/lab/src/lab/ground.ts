import type { Addresses } from "./addresses.ts";
import { KafkaWorld } from "./kafka-world.ts";
import { RabbitmqWorld } from "./rabbitmq-world.ts";
import { Service } from "./service.ts";
import { until } from "./until.ts";

/** What the play of a row and the processes that it starts have in common. */
export class Ground {
  readonly addresses: Addresses;
  readonly prefix: string;
  readonly kafka: KafkaWorld;
  readonly rabbitmq: RabbitmqWorld;
  readonly #services: Service[] = [];
  readonly #leaving: (() => Promise<void>)[] = [];

  constructor(addresses: Addresses, prefix: string) {
    this.addresses = addresses;
    this.prefix = prefix;
    const name = (base: string): string => this.name(base);
    this.kafka = new KafkaWorld(addresses.kafkaBrokers, name);
    this.rabbitmq = new RabbitmqWorld({ url: addresses.amqpUrl, managementUrl: addresses.amqpManagementUrl }, name);
  }

  /** A name of this run's own. Topics, queues, exchanges and groups are all called so. */
  name(base: string): string {
    return `${this.prefix}-${base}`;
  }

  /** One instrumented application. A second life of it needs a name of its own: its messages are counted anew. */
  service(base: string): Service {
    const service = new Service(this.name(base), this.addresses);
    this.#services.push(service);
    return service;
  }

  /** To be done before the services close: what a consumer still has to commit and to report. */
  leaving(leave: () => Promise<void>): void {
    this.#leaving.push(leave);
  }

  /** The only way to wait: for a condition, with a limit. */
  async until(what: string, holds: () => boolean | Promise<boolean>, limitMs?: number): Promise<void> {
    await until(what, holds, limitMs);
  }

  async closeServices(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.close()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#leaving.splice(0).map((leave) => leave().catch(() => undefined)));
    await this.closeServices();
    await Promise.all([this.kafka.close(), this.rabbitmq.close()]);
  }
}
