import { consume, nameIn } from "../lab/consume.ts";
import { jobOf } from "../lab/job.ts";
import type { Lab } from "../lab/lab.ts";
import { anyInstant, pace } from "../lab/load-pace.ts";
import { startOrders } from "../lab/orders.ts";
import type { Said, Scenario } from "../lab/scenario.ts";

const groupCount = 10;
const killsEach = 5;
/** A report every second, one under way, and a machine that may be busy. */
const unreportedMs = 3_000;
/** So that what a worker finds waiting, after its predecessor's session, does not count as worked just before its own kill. */
const leastLifeMs = 3_500;
/** A killed worker's session has to run out before the next one gets its partition. */
const limitMs = 120_000;

/** The worker of each of ten groups is a process of its own, which is killed five times, at any instant. */
export const scenario: Scenario = {
  id: "C12",
  title: "Workers are killed fifty times, at any instant, also between commit and report",
  world: { kafka: "shared" },
  broken: {
    rule: "what was processed is no hole in the testimony",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: 'addReceipts(\\"rp\\", stream, processed, assigned)',
    to: 'addReceipts(\\"rp\\", stream, {}, assigned)',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const orders = await startOrders(lab.service("shop"));
    const names: string[] = [];
    const over = new AbortController();
    const load = (async () => {
      while (!over.signal.aborted) {
        names.push(...(await orders.send(topic, 5)));
        await pace(150, over.signal);
      }
    })();
    const histories = Array.from({ length: groupCount }, (_, at) => new History(lab, topic, lab.name(`billing-${at}`)));
    await Promise.all(histories.map((history) => history.kill(killsEach)));
    over.abort();
    await load;
    await Promise.all(histories.map((history) => history.finish(names)));

    const inDoubt = histories.flatMap(({ group, lastMoments }) => [
      { state: "in-doubt", verdict: "consume.unreported", group, names: lastMoments() } as const,
      { state: "in-doubt", verdict: "consume.unprocessed", group, names: lastMoments() } as const,
    ]) satisfies readonly Said[];
    lab.check("every group has worked every message", () =>
      histories.every(({ worked }) => worked.size === names.length),
    );
    lab.figure(
      "kills",
      histories.reduce((sum, { killsAtMs }) => sum + killsAtMs.length, 0),
    );
    lab.figure("messages", names.length);
    lab.figure(
      "workedAtAKill",
      histories.reduce((sum, { lastMoments }) => sum + lastMoments().length, 0),
    );
    return { lost: [], says: [], may: inDoubt };
  },
  processes: {
    async worker(self) {
      const { group, topic } = jobOf(self);
      await consume(self, self.service("worker").kafka(), {
        group,
        topic,
        eachMessage: async ({ message }) => await self.tell({ name: nameIn(message), atMs: Date.now() }),
      });
      await self.received();
    },
  },
};

/** The book of one group: which of its workers' lives worked what, and when each was killed. */
class History {
  readonly group: string;
  readonly killsAtMs: number[] = [];
  /** By name, when it was worked last. */
  readonly worked = new Map<string, number>();
  readonly #lab: Lab;
  readonly #topic: string;

  constructor(lab: Lab, topic: string, group: string) {
    this.#lab = lab;
    this.#topic = topic;
    this.group = group;
  }

  async kill(times: number): Promise<void> {
    for (let kill = 0; kill < times; kill += 1) {
      const worker = this.#start();
      await worker.until("work", (told) => told.length > 0, limitMs);
      await pace(leastLifeMs);
      await anyInstant(1_000);
      await worker.kill();
      this.killsAtMs.push(Date.now());
      this.#book(worker.told);
    }
  }

  /** One last worker, which lives: it gets what no worker before had committed. */
  async finish(names: readonly string[]): Promise<void> {
    const worker = this.#start();
    const isAll = (told: readonly unknown[]): boolean => {
      const done = new Set(told.map((news) => workIn(news).name));
      return names.every((name) => this.worked.has(name) || done.has(name));
    };
    await worker.until("reach the end", isAll, limitMs);
    this.#book(worker.told);
  }

  /**
   * What was worked just before a kill, and by no later worker: it was committed, and perhaps nobody heard of its work any
   * more. About nothing else may there be a doubt.
   */
  readonly lastMoments = (): readonly string[] =>
    [...this.worked].flatMap(([name, atMs]) =>
      this.killsAtMs.some((killedAtMs) => atMs <= killedAtMs && atMs > killedAtMs - unreportedMs) ? [name] : [],
    );

  #start() {
    return this.#lab.start("worker", { topic: this.#topic, group: this.group });
  }

  #book(told: readonly unknown[]): void {
    for (const { name, atMs } of told.map(workIn)) this.worked.set(name, atMs);
  }
}

function workIn(news: unknown): { readonly name: string; readonly atMs: number } {
  const read = (key: string): unknown => Reflect.get(Object(news), key);
  return { name: String(read("name")), atMs: Number(read("atMs")) };
}
