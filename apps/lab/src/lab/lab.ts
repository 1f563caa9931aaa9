import type { KafkaBroker } from "../../../../stack/kafka.ts";
import type { RabbitmqNode } from "../../../../stack/rabbitmq.ts";
import type { ServerControls } from "../../../../stack/server-process.ts";
import type { AuditorApi } from "../auditor-api.ts";
import type { Addresses } from "./addresses.ts";
import { Child } from "./child-process.ts";
import { Ground } from "./ground.ts";
import type { Site } from "./site.ts";

/** A truth beside the findings that has to become true. */
interface Check {
  readonly sentence: string;
  readonly holds: () => boolean | Promise<boolean>;
}

const establishedReports = 4;
/** A queue of which nothing is heard is looked at every two seconds. */
const twoLooksMs = 5_000;

/** What the play of a row works with. */
export class Lab extends Ground {
  readonly id: string;
  /** The auditor's HTTP API. */
  readonly api: AuditorApi;
  readonly #site: Site;
  readonly #say: (text: string) => void;
  readonly #children: Child[] = [];
  readonly #checks: Check[] = [];
  readonly #figures = new Map<string, number>();
  readonly #cleanups: (() => Promise<void>)[] = [];
  #isTailLost = false;
  #suspectedMs: readonly number[] = [];
  #lostAtMs: number | undefined;
  #lastFactAtMs: number | undefined;

  constructor(options: {
    readonly id: string;
    readonly prefix: string;
    readonly site: Site;
    readonly addresses: Addresses;
    readonly say: (text: string) => void;
  }) {
    super(options.addresses, options.prefix);
    this.id = options.id;
    this.api = options.site.api;
    this.#site = options.site;
    this.#say = options.say;
  }

  /** The Kafka brokers, to trouble them; only in a world where Kafka is the row's alone. */
  get brokers(): readonly KafkaBroker[] {
    return this.#site.kafka?.nodes ?? [];
  }

  /** The broker with this node id. */
  broker(nodeId: number): KafkaBroker {
    const found = this.brokers.find((broker) => broker.nodeId === nodeId);
    if (found === undefined) throw new Error(`There is no broker ${nodeId}.`);
    return found;
  }

  /** The RabbitMQ server, to trouble it. */
  get rabbitmqServer(): ServerControls {
    const server = this.#site.amqp?.server;
    if (server === undefined) throw new Error("This row's world has no RabbitMQ of the lab's own.");
    return server;
  }

  /** One node of the RabbitMQ cluster, counted from 1, to trouble it; only in the world `cluster`. */
  rabbitmqNode(number: number): RabbitmqNode {
    const found = this.#site.amqp?.nodes[number - 1];
    if (found === undefined) throw new Error(`There is no RabbitMQ node ${number}.`);
    return found;
  }

  /** The servers and the auditor that the row runs on. */
  get site(): Site {
    return this.#site;
  }

  /** One line of progress, for people. */
  say(text: string): void {
    this.#say(text);
  }

  /** Starts a process of the row's own: `processes[name]` of the scenario. */
  start(name: string, input: unknown = {}): Child {
    const child = new Child({
      scenarioId: this.id,
      process: name,
      prefix: this.prefix,
      addresses: this.addresses,
      input,
    });
    this.#children.push(child);
    return child;
  }

  /**
   * Sends one message after the other until the auditor knows the stream for long enough to believe it whole: what is
   * older than a producer's second report may have been worked by a consumer that nobody knew yet.
   */
  async established(destination: string, partition: string | number, sendOne: () => Promise<unknown>): Promise<void> {
    const reports = async (): Promise<number> => {
      const streams = await this.api.streams(destination);
      const own = streams.filter((one) => one["partition"] === String(partition));
      return Math.max(0, ...own.map((one) => Number(one["reports"])));
    };
    let due = establishedReports;
    for (const stage of ["known", "established"]) {
      await this.until(`${destination}/${partition} to be ${stage}`, async () => {
        await sendOne();
        return (await reports()) >= due;
      });
      // The auditor may be slower than its API: only what it has looked at it knows.
      await this.passes(2);
      due = (await reports()) + 2;
    }
    await this.passes(2);
  }

  /** Waits until the auditor has looked at what was sent up to this name, the newest of its stream. */
  async knows(destination: string, partition: string | number, name: string | undefined): Promise<void> {
    const sequence = Number(name?.split("|").at(-1));
    await this.until(`the auditor to know ${name}`, async () => {
      const streams = await this.api.streams(destination);
      const own = streams.filter((one) => one["partition"] === String(partition));
      return own.some(({ service, acked }) => name?.startsWith(`${String(service)}|`) && Number(acked) >= sequence);
    });
    await this.rested();
  }

  /** Waits until the auditor has looked at least twice at everything, also at what is at rest. */
  async rested(): Promise<void> {
    const sinceMs = Date.now();
    await this.until("the auditor to look at all", async () => (await this.api.lastPassAtMs()) >= sinceMs + twoLooksMs);
  }

  /** Waits until the auditor has ended so many looks at everything. */
  async passes(count: number): Promise<void> {
    let last = await this.api.lastPassAtMs();
    for (let passed = 0; passed < count; passed += 1) {
      const before = last;
      await this.until("the auditor to look", async () => (last = await this.api.lastPassAtMs()) > before);
    }
  }

  /** The moment at which messages were lost: the delay to the finding counts from here. The last call counts. */
  lostNow(): void {
    this.#lostAtMs = Date.now();
  }

  get lostAtMs(): number | undefined {
    return this.#lostAtMs;
  }

  /** By the row's own book the last fact that proves a loss was told to a broker or an application now. The last call counts. */
  lastFactNow(): void {
    this.#lastFactAtMs = Date.now();
  }

  get lastFactAtMs(): number | undefined {
    return this.#lastFactAtMs;
  }

  /** `lostNow` of the last messages of a stream, which everybody who reads it had caught up with. */
  tailLostNow(): void {
    this.#isTailLost = true;
    this.lostNow();
  }

  get isTailLost(): boolean {
    return this.#isTailLost;
  }

  /** A truth beside the findings that has to become true before the row is over, e.g. of a figure of the API. */
  check(sentence: string, holds: () => boolean | Promise<boolean>): void {
    this.#checks.push({ sentence, holds });
  }

  /** The sentences of the checks that do not hold now. */
  async failedChecks(): Promise<readonly string[]> {
    const answers = await Promise.all(
      this.#checks.map(async ({ sentence, holds }) => {
        // One that throws does not hold; the row's limit says so in the end.
        const answer = await Promise.resolve()
          .then(holds)
          .catch((error: unknown) => `${sentence} (${error instanceof Error ? error.message : String(error)})`);
        return answer === true ? [] : [typeof answer === "string" ? answer : sentence];
      }),
    );
    return answers.flat();
  }

  /** How long after its answer each message that was left out was suspected. The last call counts. */
  suspectedAfter(times: readonly number[]): void {
    this.#suspectedMs = times;
  }

  get suspectedMs(): readonly number[] {
    return this.#suspectedMs;
  }

  /** A figure to print beside the result, e.g. how long a suspicion took. */
  figure(name: string, value: number): void {
    this.#figures.set(name, value);
  }

  get figures(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#figures);
  }

  /** To be undone when the row is over, whatever becomes of it. The last one first. */
  afterwards(undo: () => Promise<void>): void {
    this.#cleanups.push(undo);
  }

  override async close(): Promise<void> {
    for (const undo of this.#cleanups.splice(0).reverse()) await undo().catch(() => undefined);
    await Promise.all(this.#children.map((child) => child.close()));
    await super.close();
  }
}
