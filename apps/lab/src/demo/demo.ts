import { setTimeout as delay } from "node:timers/promises";
import type { LabError } from "../lab-error.ts";
import { Comparison } from "./comparison.ts";
import { Crew } from "./crew.ts";
import { type Fault, type FaultPlan, planFaults, restMs } from "./faults.ts";
import type { News } from "./news.ts";
import { countQueued, type Servers, startServers, statisticsIntervalMs } from "./servers.ts";
import { type Standing, standingOf } from "./standing.ts";
import type { Summary } from "./summary.ts";
import { paymentKinds } from "./traffic.ts";
import { carryOut, type Scene, until } from "./trouble.ts";

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
/** Between two rounds of faults. */
const calmEveryMs = 1_000;
const busyEveryMs = 20;

/** Real traffic over real servers with real faults, and the truth about it beside what Seqwatch found. */
export class Demo {
  readonly #options: DemoOptions;
  readonly #happened: (happening: Happening) => void;
  readonly #comparison: Comparison;
  readonly #failed = Promise.withResolvers<never>();
  readonly #running = new Map<Fault, string>();
  #servers: Servers | undefined;
  #crew: Crew | undefined;
  #url: string | undefined;
  #beganAtMs: number | undefined;
  #isRecording = true;

  constructor(options: DemoOptions, happened: (happening: Happening) => void) {
    this.#options = options;
    this.#happened = happened;
    this.#comparison = new Comparison({ hasBlindSpots: options.toggleCount > 0 });
    // It is waited for only while the demo runs.
    this.#failed.promise.catch(() => undefined);
  }

  /** Runs to its end. Rejects when something of the demo itself fails; call `stop` in any case. */
  async run(): Promise<Summary> {
    return await Promise.race([this.#play(), this.#failed.promise]);
  }

  /** The comparison as it is now. */
  get summary(): Summary {
    return this.#comparison.summary;
  }

  /** Ends every process that the demo started and removes what the servers wrote. */
  async stop(): Promise<void> {
    await this.#crew?.kill();
    await this.#servers?.stop();
  }

  async #play(): Promise<Summary> {
    const { crew, servers } = await this.#open();
    const watch = new AbortController();
    const watching = this.#watch(watch.signal);
    try {
      await this.#trouble(crew, servers);
      await this.#drain(crew, servers);
    } finally {
      watch.abort();
      await watching;
    }
    const summary = await this.#waitForVerdict();
    this.#step("stopping");
    await crew.stop();
    return summary;
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
    this.#comparison.note(news);
    if (news.kind !== "listening") return;
    this.#url = news.url;
    this.#happened({ kind: "listening", url: news.url });
  }

  /** The traffic with its faults, round after round. */
  async #trouble(crew: Crew, servers: Servers): Promise<void> {
    const { forMs } = this.#options;
    await Promise.all(crew.producers.map((producer) => producer.order({ kind: "start" })));
    this.#beganAtMs = performance.now();
    this.#step("the traffic runs");
    for (let round = 0; ; round += 1) {
      const plan = planFaults(round === 0 ? this.#options : { forMs });
      await this.#playRound(plan, crew, servers);
      if (forMs !== undefined && this.#elapsedMs + restMs + plan.roundMs > forMs) {
        return await this.#runOut(forMs);
      }
      this.#step("the traffic runs slowly until the next round of faults");
      await this.#pace(crew, calmEveryMs);
      await delay(restMs);
      await this.#pace(crew, busyEveryMs);
    }
  }

  async #runOut(forMs: number): Promise<void> {
    if (!this.#isRecording) await this.#toggle();
    this.#step("the traffic runs on without faults");
    await delay(Math.max(0, forMs - this.#elapsedMs));
  }

  async #playRound(plan: FaultPlan, crew: Crew, servers: Servers): Promise<void> {
    const beganAtMs = performance.now();
    const playing: Promise<void>[] = [];
    for (const { fault, atMs } of plan.faults) {
      await delay(Math.max(0, beganAtMs + atMs - performance.now()));
      const played = this.#playFault(fault, { plan, crew, servers });
      // It is looked at below; until then its failure must not count as unhandled.
      played.catch(() => undefined);
      playing.push(played);
    }
    await Promise.all(playing);
  }

  async #playFault(fault: Fault, on: Pick<Scene, "crew" | "servers" | "plan">): Promise<void> {
    const comparison = this.#comparison;
    const scene: Scene = {
      ...on,
      book: comparison.book,
      settled: async (routingKey) => {
        // Who is switched off now and then does not report everything, and no exact figure is asked of it.
        if (this.#options.toggleCount > 0) return;
        await until("the consumers' reports", () => comparison.isReported(routingKey));
      },
      toggle: async () => await this.#toggle(),
      say: (text) => {
        this.#running.set(fault, text);
        this.#happened({ kind: "fault", fault, atMs: Math.round(this.#elapsedMs), text });
      },
    };
    try {
      await carryOut(fault, scene);
    } finally {
      this.#running.delete(fault);
    }
  }

  async #toggle(): Promise<boolean> {
    const recording = !this.#isRecording;
    const turn = async (): Promise<boolean> => {
      // Another one's turn in between, or a store that is away: asked again.
      const turned = this.#comparison.api?.record(recording).then(
        () => true,
        () => false,
      );
      return (await turned) ?? false;
    };
    await until("the switch to turn", turn);
    this.#isRecording = recording;
    return recording;
  }

  async #pace(crew: Crew, everyMs: number): Promise<void> {
    await Promise.all(crew.ordersApis.map((producer) => producer.order({ kind: "pace", everyMs })));
  }

  /** No more is sent; what was sent arrives, and the truth is read. */
  async #drain(crew: Crew, servers: Servers): Promise<void> {
    const { book } = this.#comparison;
    this.#step("the traffic drains");
    await Promise.all(crew.producers.map((producer) => producer.order({ kind: "rest" })));
    await until("RabbitMQ's queues to be empty", async () => (await countQueued(servers.amqp.url)) === 0, drainLimitMs);
    const queued = paymentKinds.filter(({ queue }) => queue !== undefined);
    const isWorked = (): boolean => queued.every(({ routingKey }) => book.isCaughtUp(routingKey));
    await until("RabbitMQ's consumers to be done", isWorked, drainLimitMs);
    this.#step("the whole topic is read from its start");
    await crew.log.stop();
    this.#comparison.beginFinalReading();
    const beganAtMs = Date.now();
    const log = crew.startLog((news) => this.#note(news));
    await log.ready();
    await until("the topic to be read", () => this.#comparison.logReadToMs > beganAtMs, drainLimitMs);
    await until("the consumers of the topic to be done", () => book.waiting() === 0, drainLimitMs);
    await log.stop();
    this.#comparison.drained();
  }

  /** Until everything is decided, or a decision has been waited for long enough. */
  async #waitForVerdict(): Promise<Summary> {
    this.#step("the last findings are waited for");
    const giveUpAtMs = performance.now() + verdictLimitMs;
    let steady = 0;
    while (steady < steadyLooks && performance.now() < giveUpAtMs) {
      await this.#look();
      const isDecided = this.#comparison.isAuditorHeard && this.#comparison.suspectedCount === 0;
      steady = isDecided && this.summary.holds ? steady + 1 : 0;
      await delay(lookEveryMs);
    }
    return this.summary;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look();
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    await this.#comparison.look();
    const { summary, findings, suspectedCount, isAuditorHeard } = this.#comparison;
    const standing = standingOf({
      summary,
      findings,
      suspectedCount,
      isAuditorHeard,
      elapsedMs: this.#elapsedMs,
      forMs: this.#options.forMs,
      running: [...this.#running.values()],
      url: this.#url,
    });
    this.#happened({ kind: "standing", standing });
  }

  get #elapsedMs(): number {
    return this.#beganAtMs === undefined ? 0 : performance.now() - this.#beganAtMs;
  }

  #step(text: string): void {
    this.#happened({ kind: "step", text });
  }
}
