import { defaultPolicy, type Lane, type Policy } from "@seqwatch/core";
import { Clock } from "../rabbitmq/clock.ts";
import { createRandom } from "../rabbitmq/random.ts";
import { SimAuditor, type Sleepers } from "./auditor.ts";
import { drawConditions, type KafkaConditions, type KafkaMix } from "./conditions.ts";
import { type KafkaFaults, leavesNoHole, noFaults } from "./faults.ts";
import { SimGroup } from "./group.ts";
import { SimLog } from "./log.ts";
import { Oracle, type SimResult } from "./oracle.ts";
import { SimProducer } from "./producer.ts";
import { type KafkaSizes, smallSizes } from "./sizes.ts";
import { SimStore } from "./store.ts";
import { Truth } from "./truth.ts";
import { count, tell, type World } from "./world.ts";

export type { SimResult } from "./oracle.ts";

export interface KafkaSimOptions {
  readonly seed: number;
  readonly messages: number;
  /** A named mix, "swarm" or "sparse" (both drawn from the seed), or faults one by one. */
  readonly faults?: KafkaMix | Partial<KafkaFaults>;
  /** Small ones, or drawn from the seed with "sparse". */
  readonly sizes?: KafkaSizes;
  /** Keep the whole story, not only what is wrong. Slow. */
  readonly trace?: boolean;
  /** Collect what had its time after seconds, not after hours. */
  readonly collects?: boolean;
  /** What the auditors read of the broker; "records" by default. */
  readonly evidence?: World["evidence"];
}

const lane: Lane = { system: "kafka", cluster: "sim", destination: "orders", partition: "0" };
const stepMs = 5;
const drainMs = 25_000;
const hiddenEndDrainMs = 75_000;
/** A step of the run waits in promises at most so often; each turn lets all of them go on. */
const maxTurns = 50;

/**
 * Plays one Kafka lane with real ledgers, testimonies, merges, judge and audit pass, in simulated time, and compares
 * what was confirmed with what really happened. The same options, the same run.
 */
export async function runKafkaSim(options: KafkaSimOptions): Promise<SimResult> {
  const run = new KafkaRun(options);
  return run.play();
}

function policyOf({ collects }: KafkaSimOptions): Policy {
  return {
    ...defaultPolicy,
    ...(collects === true ? { keepEndedMs: 2_000, keepOpenMs: 6_000, keepGroupMs: 20_000 } : {}),
  };
}

class KafkaRun {
  readonly #world: World;
  readonly #groups: readonly SimGroup[];
  readonly #sleepers: Sleepers = { due: 0 };
  readonly #oracle: Oracle;
  readonly #wanted: number;
  readonly #hidesLogEnd: boolean;
  #auditors: SimAuditor[] = [];
  #producers: SimProducer[] = [];

  constructor(options: KafkaSimOptions) {
    const random = createRandom(options.seed);
    const { faults, sizes } = conditionsOf(options);
    const groupCount = random.chance(faults.secondGroup) ? 2 : 1;
    this.#wanted = options.messages;
    this.#world = {
      clock: new Clock(),
      random,
      faults,
      lane,
      log: new SimLog(),
      policy: policyOf(options),
      evidence: options.evidence ?? "records",
      store: new SimStore((confirmation, added) => this.#oracle.heed(confirmation, added)),
      truth: new Truth(groupCount, options.trace === true),
      sizes,
      struck: new Map(),
      isDraining: false,
      ids: 0,
      trace: [],
    };
    this.#groups = Array.from(
      { length: groupCount },
      (_, index) => new SimGroup(this.#world, index, index === 1 && random.chance(faults.fromLatest)),
    );
    this.#oracle = new Oracle(this.#world, this.#groups);
    this.#hidesLogEnd = random.chance(faults.hiddenLogEnd);
  }

  async play(): Promise<SimResult> {
    const { random, faults, truth } = this.#world;
    for (let index = random.integer(2, 4); index > 0; index -= 1) this.#startProducer();
    for (const group of this.#groups) group.start(random.integer(1, 3));
    for (let index = random.chance(faults.secondAuditor) ? 2 : 1; index > 0; index -= 1) this.#startAuditor();
    this.#planFaults();
    while (truth.count < this.#wanted) await this.#step();
    await this.#drain();
    return this.#oracle.judge(this.#auditors, leavesNoHole(faults));
  }

  async #step(): Promise<void> {
    const { clock, log } = this.#world;
    clock.runUntil(clock.nowMs + stepMs);
    log.replicate();
    for (let turn = 0; turn < maxTurns && this.#sleepers.due > 0; turn += 1) {
      this.#sleepers.due = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Faults end, what was sent is worked, and the auditors see it. */
  async #drain(): Promise<void> {
    const { clock, log } = this.#world;
    this.#world.isDraining = true;
    tell(this.#world, "drain");
    log.isLagging = false;
    for (const producer of this.#producers) {
      producer.client.mendLink();
      if (producer.client.state === "off") producer.setOff(false);
    }
    const lateMs = clock.nowMs + 10_000;
    while (clock.nowMs < lateMs) await this.#step();
    for (const group of this.#groups) {
      for (const member of group.members) {
        member.client.mendLink();
        member.setOff(false);
      }
      group.refill();
    }
    const limitMs = clock.nowMs + 120_000;
    while (clock.nowMs < limitMs && this.#groups.some((group) => !isFinished(group, log))) await this.#step();
    if (clock.nowMs >= limitMs) throw new Error(["A group never finished the log.", ...this.#world.trace].join("\n"));
    const endMs = clock.nowMs + (this.#hidesLogEnd ? hiddenEndDrainMs : drainMs);
    while (clock.nowMs < endMs) await this.#step();
    for (const auditor of this.#auditors) auditor.end();
  }

  #startProducer(): void {
    this.#producers.push(new SimProducer(this.#world, this.#world.random.between(15, 60)));
  }

  #startAuditor(): void {
    this.#auditors.push(new SimAuditor(this.#world, this.#groups, this.#sleepers, this.#hidesLogEnd));
  }

  #planFaults(): void {
    const { store, random, log } = this.#world;
    const { clock } = this.#world;
    this.#often("producerKillEveryMs", () => this.#killProducer());
    this.#often("producerToggleEveryMs", () => this.#toggleProducer());
    this.#often("failoverEveryMs", () => {
      tell(this.#world, "the store fails over");
      store.failOver(random.integer(0, 9));
    });
    this.#often("flushEveryMs", () => {
      tell(this.#world, "the store is flushed");
      store.flush();
    });
    this.#often("cutEveryMs", () => this.#cutLink());
    this.#often("auditorRestartEveryMs", () => {
      this.#auditors.shift()?.end();
      this.#startAuditor();
    });
    this.#often("truncationEveryMs", () => {
      const lowest = random.chance(0.5) ? log.highWatermark : Math.max(log.start, log.highWatermark - 20);
      this.#cut(random.integer(Math.min(lowest, log.end), log.end));
    });
    this.#often("electionEveryMs", () => log.elect());
    this.#often("followerLagEveryMs", () => {
      log.isLagging = true;
      clock.after(random.between(500, 8_000), () => {
        log.isLagging = false;
      });
    });
    this.#often("recreationEveryMs", () => {
      tell(this.#world, "the topic is made again");
      for (const message of log.recreate()) tell(this.#world, "deleted with the topic", message);
      for (const group of this.#groups) group.committed = undefined;
    });
    this.#often("retentionEveryMs", () => this.#retain());
    setInterval100(this.#world, () => store.checkpoint());
    for (const group of this.#groups) this.#planGroupFaults(group);
  }

  #planGroupFaults(group: SimGroup): void {
    const { faults, random, clock } = this.#world;
    this.#often("rebalanceEveryMs", () => group.rebalance(random.chance(faults.zombie)));
    this.#often("foreignMemberEveryMs", () => group.visit(random.chance(faults.zombie)));
    this.#often("emptyGroupEveryMs", () => group.empty());
    this.#often("memberKillEveryMs", () => {
      const member = random.pick(group.members.filter((each) => each.client.isAlive && !each.isForeign));
      if (member !== undefined) group.kill(member);
    });
    this.#often("memberToggleEveryMs", () => {
      const member = random.pick(group.members.filter((each) => each.client.isAlive && !each.isForeign));
      member?.setOff(true);
      clock.after(random.between(500, 6_000), () => {
        if (member?.client.isAlive === true) member.setOff(false);
      });
    });
  }

  #killProducer(): void {
    const at = this.#world.random.integer(0, this.#producers.length - 1);
    this.#producers[at]?.kill();
    this.#producers.splice(at, 1);
    this.#startProducer();
  }

  #toggleProducer(): void {
    const producer = this.#world.random.pick(this.#producers);
    producer?.setOff(true);
    this.#world.clock.after(this.#world.random.between(500, 5_000), () => {
      if (producer?.client.isAlive === true) producer.setOff(false);
    });
  }

  #cutLink(): void {
    const { random } = this.#world;
    const clients = [
      ...this.#producers.map((producer) => producer.client),
      ...this.#groups.flatMap((group) => group.members.map((member) => member.client)),
    ];
    random.pick(clients)?.cutLink(random.chance(0.2) ? random.between(8_000, 20_000) : random.between(100, 4_000));
  }

  #cut(end: number): void {
    const { log, random } = this.#world;
    tell(this.#world, `the log is cut from ${log.end} to ${end}`);
    for (const message of log.truncate(end)) {
      tell(this.#world, `cut away at the new end ${end}`, message);
    }
    // Often the log is filled again at once, before anybody looks.
    if (random.chance(0.3)) for (const producer of this.#producers) producer.report();
  }

  #retain(): void {
    const { log, random } = this.#world;
    const low = Math.min(...this.#groups.map((group) => group.committed ?? log.start));
    const start = Math.min(log.highWatermark, Math.max(log.start, low + random.integer(-30, 20)));
    tell(this.#world, `the log starts at ${start}`);
    for (const message of log.retain(start)) tell(this.#world, `retained away, log start ${start}`, message);
  }

  #often(fault: keyof KafkaFaults, happen: () => void): void {
    const everyMs = this.#world.faults[fault];
    if (everyMs === 0) return;
    const plan = (): void => {
      this.#world.clock.after(this.#world.random.waiting(everyMs) + 50, () => {
        if (this.#world.isDraining) return;
        count(this.#world, fault);
        happen();
        plan();
      });
    };
    plan();
  }
}

function setInterval100(world: World, task: () => void): void {
  world.clock.after(100, () => {
    task();
    if (!world.isDraining) setInterval100(world, task);
  });
}

function conditionsOf({ faults = "quiet", sizes, seed }: KafkaSimOptions): KafkaConditions {
  const drawn = typeof faults === "string" ? drawConditions(faults, seed) : calmWith(faults);
  return { ...drawn, ...(sizes !== undefined && { sizes }) };
}

function calmWith(faults: Partial<KafkaFaults>): KafkaConditions {
  return { faults: { ...noFaults, ...faults }, sizes: smallSizes };
}

function isFinished(group: SimGroup, log: SimLog): boolean {
  return group.owner?.client.isAlive === true && group.owner.position >= log.highWatermark;
}
