import { setTimeout as delay } from "node:timers/promises";
import { AuditorApi } from "./auditor-api.ts";
import { Book } from "./book.ts";
import { type Claim, type Claims, toClaims } from "./claims.ts";
import { Crew } from "./crew.ts";
import { type Fault, type FaultPlan, planFaults, restMs } from "./faults.ts";
import type { LabError } from "./lab-error.ts";
import type { News } from "./news.ts";
import { countQueued, type Servers, startServers, statisticsIntervalMs } from "./servers.ts";
import { type Standing, standingOf } from "./standing.ts";
import { type Summary, summarize } from "./summary.ts";
import { ordersGroup, paymentKinds, sourceOf } from "./traffic.ts";
import {
  killConsumer,
  killRedis,
  overfillQueue,
  publishUnbound,
  restartBrokers,
  type Scene,
  until,
} from "./trouble.ts";

/** What a person may ask of the demo. */
export interface DemoOptions {
  /** undefined = until somebody stops it. */
  readonly forMs: number | undefined;
  readonly redisKillAtMs: number | undefined;
  readonly redisDownMs: number | undefined;
  readonly toggleCount: number;
  readonly onAckMissing: "report" | "reject" | "resend";
  readonly logFolder: string | undefined;
}

/** What the demo does, for the screen and for other programs. */
export type Happening =
  | { readonly kind: "step"; readonly text: string }
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "fault"; readonly fault: Fault; readonly atMs: number; readonly text: string }
  | { readonly kind: "standing"; readonly standing: Standing };

const lookEveryMs = 500;
const drainLimitMs = 120_000;
const verdictLimitMs = 60_000;
/** The verdict has to stand for so many looks in a row. */
const steadyLooks = 4;
/** A message may be younger than the end of the log that was read; a high watermark may be late after an election. */
const logLagMs = 3_000;
const queueLagMs = 1_000;
const calmEveryMs = 1_000;
const busyEveryMs = 20;

/** Real traffic over real servers with real faults, and the truth about it beside what Seqwatch found. */
export class Demo {
  readonly #options: DemoOptions;
  readonly #happened: (happening: Happening) => void;
  readonly #book = new Book(sourceOf);
  readonly #failed = Promise.withResolvers<never>();
  readonly #running = new Map<Fault, string>();
  #servers: Servers | undefined;
  #crew: Crew | undefined;
  #api: AuditorApi | undefined;
  #claims: Claims = { confirmed: new Map<string, Claim>(), inDoubt: new Set(), suspectedCount: 0, unnamed: [] };
  #duplicatesFound = 0;
  #logReadToMs = 0;
  #beganAtMs = 0;
  #isDrained = false;
  #isRecording = true;

  constructor(options: DemoOptions, happened: (happening: Happening) => void) {
    this.#options = options;
    this.#happened = happened;
    // It is waited for only while the demo runs.
    this.#failed.promise.catch(() => undefined);
  }

  /** Runs to its end. Rejects when something of the demo itself fails; call `stop` in any case. */
  async run(): Promise<Summary> {
    return await Promise.race([this.#play(), this.#failed.promise]);
  }

  /** The comparison as it is now. */
  get summary(): Summary {
    return summarize({
      book: this.#book,
      claims: this.#claims,
      lostBy: this.#lost(),
      duplicatesFound: this.#duplicatesFound,
      hasBlindSpots: this.#options.toggleCount > 0,
    });
  }

  /** Ends every process that the demo started and removes what the servers wrote. */
  async stop(): Promise<void> {
    await this.#crew?.kill();
    await this.#servers?.stop();
  }

  async #play(): Promise<Summary> {
    const { crew, servers } = await this.#open();
    const watching = this.#watch();
    try {
      await this.#trouble({ crew, servers });
      await this.#drain({ crew, servers });
      return await this.#waitForVerdict();
    } finally {
      this.#isDrained = true;
      await watching;
      this.#step("stopping");
      await crew.stop();
    }
  }

  async #open(): Promise<{ readonly crew: Crew; readonly servers: Servers }> {
    this.#step("starting three Kafka brokers, RabbitMQ and Redis");
    const servers = await startServers((line) => this.#step(line));
    this.#servers = servers;
    this.#step("starting the auditor and the services");
    const crew = new Crew({
      environment: {
        ...servers.environment,
        LAB_ON_ACK_MISSING: this.#options.onAckMissing,
        LAB_STATISTICS_MS: String(statisticsIntervalMs),
      },
      logFolder: this.#options.logFolder,
      onNews: (news) => this.#note(news),
      onFailure: (error: LabError) => this.#failed.reject(error),
    });
    this.#crew = crew;
    await crew.ready();
    return { crew, servers };
  }

  #note(news: News): void {
    this.#book.note(news);
    if (news.kind === "read-to") this.#logReadToMs = news.atMs;
    if (news.kind !== "listening") return;
    this.#api = new AuditorApi(news.url);
    this.#happened({ kind: "listening", url: news.url });
  }

  /** The traffic with its faults, round after round. */
  async #trouble(on: { readonly crew: Crew; readonly servers: Servers }): Promise<void> {
    const { forMs } = this.#options;
    const producers = [...on.crew.ordersApis, on.crew.paymentsApi];
    await Promise.all(producers.map((producer) => producer.order({ kind: "start" })));
    this.#beganAtMs = performance.now();
    this.#step("the traffic runs");
    for (let round = 0; ; round += 1) {
      const plan = planFaults(round === 0 ? this.#options : { forMs });
      await this.#playRound(plan, on);
      if (forMs !== undefined && this.#elapsedMs + restMs + plan.roundMs > forMs) break;
      await this.#pace(on.crew, calmEveryMs);
      await delay(restMs);
      await this.#pace(on.crew, busyEveryMs);
    }
    if (forMs !== undefined) await delay(Math.max(0, forMs - this.#elapsedMs));
    if (!this.#isRecording) await this.#toggle();
  }

  async #playRound(plan: FaultPlan, on: { readonly crew: Crew; readonly servers: Servers }): Promise<void> {
    const beganAtMs = performance.now();
    const playing: Promise<void>[] = [];
    for (const { fault, atMs } of plan.faults) {
      await delay(Math.max(0, beganAtMs + atMs - performance.now()));
      const played = this.#playFault(fault, { ...on, plan });
      // It is looked at below; until then its failure must not count as unhandled.
      played.catch(() => undefined);
      playing.push(played);
    }
    await Promise.all(playing);
  }

  async #playFault(fault: Fault, { crew, servers, plan }: Pick<Scene, "crew" | "servers" | "plan">): Promise<void> {
    const say = (text: string): void => {
      this.#running.set(fault, text);
      this.#happened({ kind: "fault", fault, atMs: Math.round(this.#elapsedMs), text });
    };
    const settled = (routingKey: string) => this.#isReported(routingKey);
    const scene: Scene = { crew, servers, plan, book: this.#book, settled, say };
    try {
      await this.#carryOut(fault, scene);
    } finally {
      this.#running.delete(fault);
    }
  }

  async #carryOut(fault: Fault, scene: Scene): Promise<void> {
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
        await this.#toggle();
        return scene.say(this.#isRecording ? "recording is switched on" : "recording is switched off");
    }
  }

  async #toggle(): Promise<void> {
    this.#isRecording = !this.#isRecording;
    await until("the switch to turn", async () => {
      return (
        (await this.#api?.record(this.#isRecording).then(
          () => true,
          () => false,
        )) ?? false
      );
    });
  }

  /** Until the auditor knows all that the consumers of a routing key have finished. */
  async #isReported(routingKey: string): Promise<void> {
    const queue = paymentKinds.find((kind) => kind.routingKey === routingKey)?.queue;
    await until(`the report of what was done with every ${routingKey}`, async () => {
      const groups = (await this.#api?.progress().catch(() => [])) ?? [];
      const mine = groups.filter((group) => group.partition === routingKey && group.group === queue);
      const known = mine.reduce((sum, { processed }) => sum + processed, 0);
      return known >= this.#book.progress(routingKey).processed - this.#book.unauditedCount(routingKey);
    });
  }

  async #pace(crew: Crew, everyMs: number): Promise<void> {
    await Promise.all(crew.ordersApis.map((producer) => producer.order({ kind: "pace", everyMs })));
  }

  /** No more is sent; what was sent arrives, and the truth is read. */
  async #drain({ crew, servers }: { readonly crew: Crew; readonly servers: Servers }): Promise<void> {
    this.#step("the traffic drains");
    await crew.stopProducers();
    await until("RabbitMQ's queues to be empty", async () => (await countQueued(servers.amqp.url)) === 0, drainLimitMs);
    await until(
      "RabbitMQ's consumers to be done",
      () => paymentKinds.every(({ routingKey, queue }) => queue === undefined || this.#book.isCaughtUp(routingKey)),
      drainLimitMs,
    );
    this.#step("the whole topic is read once more");
    await crew.log.stop();
    this.#book.forgetStored();
    const stoppedAtMs = Date.now();
    this.#logReadToMs = 0;
    const log = crew.startLog((news) => this.#note(news));
    await log.ready();
    await until("the topic to be read", () => this.#logReadToMs > stoppedAtMs, drainLimitMs);
    await until("the consumers of the topic to be done", () => this.#book.waiting() === 0, drainLimitMs);
    await log.stop();
    this.#isDrained = true;
  }

  /** Until everything is decided, or a decision has been waited for long enough. */
  async #waitForVerdict(): Promise<Summary> {
    this.#step("the last findings are waited for");
    const giveUpAtMs = performance.now() + verdictLimitMs;
    let steady = 0;
    while (steady < steadyLooks && performance.now() < giveUpAtMs) {
      await this.#look();
      steady = this.summary.holds && this.#claims.suspectedCount === 0 ? steady + 1 : 0;
      await delay(lookEveryMs);
    }
    return this.summary;
  }

  async #watch(): Promise<void> {
    while (!this.#isDrained) {
      await this.#look();
      await delay(lookEveryMs);
    }
  }

  async #look(): Promise<void> {
    // An auditor that does not answer for a while is a line on the screen, not the end of the demo.
    const findings = await this.#api?.findings().catch(() => undefined);
    const progress = await this.#api?.progress().catch(() => undefined);
    if (findings !== undefined) this.#claims = toClaims(findings, this.#claims.confirmed);
    const mine = progress?.filter(({ group }) => group === ordersGroup);
    if (mine !== undefined) this.#duplicatesFound = mine.reduce((sum, { duplicated }) => sum + duplicated, 0);
    const standing = standingOf({
      summary: this.summary,
      findings: findings ?? [],
      suspectedCount: this.#claims.suspectedCount,
      elapsedMs: this.#elapsedMs,
      forMs: this.#options.forMs,
      running: [...this.#running.values()],
      url: this.#api?.url,
      isAuditorHeard: findings !== undefined,
    });
    this.#happened({ kind: "standing", standing });
  }

  #lost() {
    if (this.#isDrained) {
      const certain = (): number => Infinity;
      return { kafka: this.#book.lost("kafka", certain), rabbitmq: this.#book.lost("rabbitmq", certain) };
    }
    const kafkaHorizonMs = this.#logReadToMs - logLagMs;
    return {
      kafka: this.#book.lost("kafka", () => kafkaHorizonMs),
      rabbitmq: this.#book.lost("rabbitmq", (source) => this.#queueHorizonMs(source)),
    };
  }

  /** Queues are first in, first out: what is older than the newest that was worked was worked, or never will be. */
  #queueHorizonMs(source: string): number {
    const isBound = paymentKinds.some(({ routingKey, queue }) => routingKey === source && queue !== undefined);
    return isBound ? this.#book.newestProcessedMs(source) - queueLagMs : Infinity;
  }

  get #elapsedMs(): number {
    return this.#beganAtMs === 0 ? 0 : performance.now() - this.#beganAtMs;
  }

  #step(text: string): void {
    this.#happened({ kind: "step", text });
  }
}
