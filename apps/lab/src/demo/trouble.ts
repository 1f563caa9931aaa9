import { setTimeout as delay } from "node:timers/promises";
import { LabError } from "../lab-error.ts";
import type { Book } from "./book.ts";
import type { Crew } from "./crew.ts";
import type { Fault, FaultPlan } from "./faults.ts";
import { countQueued, type Servers } from "./servers.ts";
import { fullQueueCapacity, prefetchCount } from "./traffic.ts";

/** What the faults are done to, and who is told of each step. */
export interface Scene {
  readonly servers: Servers;
  readonly crew: Crew;
  readonly book: Book;
  readonly plan: FaultPlan;
  /** Resolves once what a consumer last did is known to the auditor. */
  readonly settled: (routingKey: string) => Promise<void>;
  /** Switches recording off or on, and says which. */
  readonly toggle: () => Promise<boolean>;
  readonly say: (text: string) => void;
}

/** So many messages each fault over RabbitMQ concerns. */
const faultCount = 50;

const stepLimitMs = 60_000;

/** Does one fault, from its beginning to its end. */
export async function carryOut(fault: Fault, scene: Scene): Promise<void> {
  switch (fault) {
    case "rolling-restart":
      return await restartBrokers(scene);
    case "missing-binding":
      return await publishUnbound(scene);
    case "full-queue":
      return await overfillQueue(scene);
    case "killed-consumer":
      return await killConsumer(scene);
    case "redis-down":
      return await killRedis(scene);
    case "toggle":
      return scene.say(`recording is switched ${(await scene.toggle()) ? "on" : "off"}`);
  }
}

/** Each broker in turn goes down politely, stays down and comes back: what every upgrade does. */
async function restartBrokers({ servers, plan, say }: Scene): Promise<void> {
  const { nodes } = servers.kafka;
  for (const [index, node] of nodes.entries()) {
    const broker = `Kafka broker ${index + 1} of ${nodes.length}`;
    say(`${broker} is going down`);
    await node.stop("SIGTERM");
    say(`${broker} is down`);
    await delay(plan.restart.downMs);
    say(`${broker} is coming back`);
    await node.start();
    say(`${broker} is back`);
    await delay(plan.restart.pauseMs);
  }
}

/** RabbitMQ confirms what no queue is bound for, and throws it away. */
async function publishUnbound({ crew, say }: Scene): Promise<void> {
  say(`${faultCount} refunds go where no queue is bound`);
  await crew.paymentsApi.order({ kind: "publish", routingKey: "refund", count: faultCount });
}

/** A queue that holds 100 gets 150 while its consumer stands still: the oldest 50 fall out. */
async function overfillQueue({ servers, crew, book, say }: Scene): Promise<void> {
  const { paymentsApi, receiptsWorker } = crew;
  await paymentsApi.order({ kind: "hush", routingKey: "receipt" });
  await drained(book, "receipt");
  await receiptsWorker.order({ kind: "pause" });
  // What the consumer can take into its hands has left the queue before it is filled.
  await paymentsApi.order({ kind: "publish", routingKey: "receipt", count: prefetchCount });
  await until("the consumer's hands to be full", async () => (await countQueued(servers.amqp.url, "receipts")) === 0);
  say(`a queue for ${fullQueueCapacity} gets ${fullQueueCapacity + faultCount}`);
  const before = book.progress("receipt");
  await paymentsApi.order({ kind: "publish", routingKey: "receipt", count: fullQueueCapacity + faultCount });
  await receiptsWorker.order({ kind: "resume" });
  await until("the full queue to be worked off", () => {
    return book.progress("receipt").processed >= before.processed + prefetchCount + fullQueueCapacity;
  });
  await paymentsApi.order({ kind: "go-on", routingKey: "receipt" });
}

/** A consumer without acknowledgements is killed with 50 messages in its hands: nobody can say what it did with them. */
async function killConsumer({ crew, book, settled, say }: Scene): Promise<void> {
  await crew.paymentsApi.order({ kind: "hush", routingKey: "notice" });
  await drained(book, "notice");
  await crew.noticesWorker.order({ kind: "hold" });
  const before = book.progress("notice");
  await crew.paymentsApi.order({ kind: "publish", routingKey: "notice", count: faultCount });
  await until("the consumer to hold its messages", () => book.progress("notice").held >= before.held + faultCount);
  await settled("notice");
  say(`a consumer is killed with ${faultCount} messages in its hands`);
  await crew.noticesWorker.kill();
  await crew.replaceNoticesWorker();
  await crew.paymentsApi.order({ kind: "go-on", routingKey: "notice" });
}

/** Redis dies and comes back; the traffic does not care. */
async function killRedis({ servers, plan, say }: Scene): Promise<void> {
  say("Redis is killed");
  await servers.redis.server?.stop("SIGKILL");
  await delay(plan.redisDownMs);
  await servers.redis.server?.start();
  say("Redis is back");
}

async function drained(book: Book, source: string): Promise<void> {
  await until(`every ${source} to be worked`, () => book.isCaughtUp(source));
}

/** Looks again and again until it holds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = stepLimitMs,
): Promise<void> {
  const giveUpAtMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) {
      throw new LabError("LAB_TIMED_OUT", `Waited ${limitMs / 1000} s for ${what}, in vain.`);
    }
    await delay(50);
  }
}
