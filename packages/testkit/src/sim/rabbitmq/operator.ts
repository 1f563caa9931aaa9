import type { SimAuditor } from "./auditor.ts";
import type { Broker } from "./broker.ts";
import { SimConsumer } from "./consumer.ts";
import type { RabbitFaults } from "./faults.ts";
import { consumeUnaudited, getUnaudited, minStayMs } from "./foreign.ts";
import type { SimProcess } from "./process.ts";
import { SimProducer } from "./producer.ts";
import { count, newId, note, type World } from "./world.ts";

/** Keeps the fleet at its size, and makes what goes wrong go wrong. */
export class Operator {
  readonly #world: World;
  readonly #broker: Broker;
  readonly #auditor: SimAuditor;
  #producers: SimProducer[] = [];
  #consumers: SimConsumer[] = [];
  #isQuiet = false;
  #pausedUntilMs = 0;

  constructor(world: World, broker: Broker, auditor: SimAuditor) {
    this.#world = world;
    this.#broker = broker;
    this.#auditor = auditor;
    this.#keepFleet();
    this.#planFaults();
  }

  /** No more faults and no new messages; what was cut is mended, what was frozen thaws. */
  quieten(): void {
    this.#isQuiet = true;
    this.#pausedUntilMs = 0;
    for (const { process } of [...this.#producers, ...this.#consumers]) {
      process.mendLink();
      process.thaw();
    }
    for (const producer of this.#producers) producer.stop(this.#world.random.chance(0.5));
  }

  #keepFleet(): void {
    const { clock, random, queues } = this.#world;
    this.#consumers = this.#consumers.filter((consumer) => consumer.isOpen);
    this.#producers = this.#producers.filter(({ process }) => process.isAlive);
    if (!this.#isQuiet)
      while (this.#producers.length < 3) this.#producers.push(new SimProducer(this.#world, this.#broker));
    if (this.#world.broker.isUp && clock.nowMs >= this.#pausedUntilMs)
      for (const queue of queues.values()) {
        if (!queue.exists) continue;
        const count = this.#consumers.filter((consumer) => consumer.queue === queue).length;
        for (let i = count; i < 2; i += 1) this.#consumers.push(new SimConsumer(this.#world, queue));
      }
    clock.after(random.between(200, 2_000), () => this.#keepFleet());
  }

  #planFaults(): void {
    const { faults } = this.#world;
    this.#plan(faults.producerKillEveryS, () => this.#endProducer("killed"));
    this.#plan(faults.producerCloseEveryS, () => this.#endProducer("closed"));
    this.#plan(faults.channelCloseEveryS, () => {
      count(this.#world, "channelCloseEveryS");
      this.#world.random.pick(this.#producers)?.closeChannel();
    });
    this.#plan(faults.consumerKillEveryS, () => this.#endConsumer("killed"));
    this.#plan(faults.consumerCloseEveryS, () => this.#endConsumer("closed"));
    this.#plan(faults.consumerFreezeEveryS, () => this.#freeze());
    this.#plan(faults.consumerOffEveryS, () => this.#switchOff());
    this.#plan(faults.networkStallEveryS, () => this.#stall());
    this.#plan(faults.foreignConsumerEveryS, () =>
      this.#forQueue("foreignConsumerEveryS", "foreign consumer", consumeUnaudited),
    );
    this.#plan(faults.foreignGetEveryS, () => this.#forQueue("foreignGetEveryS", "foreign get", getUnaudited));
    this.#plan(faults.bindingEveryS, () => this.#unbind());
    this.#plan(faults.purgeEveryS, () => this.#forQueue("purgeEveryS", "purge", (_, queue) => queue.purge()));
    this.#plan(faults.restartEveryS, () => this.#restartBroker());
    this.#plan(faults.deleteEveryS, () => this.#deleteQueue());
    this.#plan(faults.storeFailoverEveryS, () => this.#failOver());
    this.#plan(faults.storeFlushEveryS, () => this.#flush());
    this.#plan(faults.storeEvictionEveryS, () => this.#evict());
    this.#plan(faults.linkCutEveryS, () => this.#cutLink());
    this.#plan(faults.auditorRestartEveryS, () => this.#restartAuditor());
    this.#plan(faults.pauseEveryS, () => this.#pause());
  }

  #plan(everyS: number, act: () => void): void {
    if (everyS <= 0) return;
    const { clock, random } = this.#world;
    clock.after(random.waiting(everyS * 1_000), () => {
      if (this.#isQuiet) return;
      act();
      this.#plan(everyS, act);
    });
  }

  #endProducer(how: "killed" | "closed"): void {
    const producer = this.#world.random.pick(this.#producers);
    if (producer === undefined) return;
    this.#producers = this.#producers.filter((each) => each !== producer);
    note(
      this.#world,
      how === "killed" ? "producerKillEveryS" : "producerCloseEveryS",
      `producer ${producer.process.clientId} ${how}`,
    );
    if (how === "killed") producer.kill();
    else producer.stop(false);
  }

  #endConsumer(how: "killed" | "closed"): void {
    const consumer = this.#world.random.pick(this.#consumers);
    if (consumer === undefined) return;
    this.#consumers = this.#consumers.filter((each) => each !== consumer);
    note(
      this.#world,
      how === "killed" ? "consumerKillEveryS" : "consumerCloseEveryS",
      `consumer ${consumer.consumerId} of ${consumer.queue.name} ${how}`,
    );
    if (how === "killed") consumer.kill();
    else consumer.close();
  }

  #freeze(): void {
    const { random } = this.#world;
    const forMs = random.chance(0.6) ? random.between(200, 3_000) : random.between(3_000, 20_000);
    const process = this.#anyProcess();
    note(this.#world, "consumerFreezeEveryS", `${process?.clientId} frozen for ${Math.round(forMs)} ms`);
    process?.freeze(forMs);
  }

  #switchOff(): void {
    const { random } = this.#world;
    const consumer = random.pick(this.#consumers);
    note(this.#world, "consumerOffEveryS", `consumer ${consumer?.consumerId} of ${consumer?.queue.name} off`);
    consumer?.switchOff(random.chance(0.5) ? random.between(20, 900) : random.between(900, 6_000));
  }

  #stall(): void {
    const { random } = this.#world;
    const consumer = random.pick(this.#consumers);
    const forMs = random.chance(0.5) ? random.between(100, 2_000) : random.between(2_000, 20_000);
    note(this.#world, "networkStallEveryS", `network of ${consumer?.consumerId} stalls for ${Math.round(forMs)} ms`);
    consumer?.stallNetwork(forMs);
  }

  #cutLink(): void {
    const { random } = this.#world;
    const process = this.#anyProcess();
    const forMs = random.chance(0.5) ? random.between(100, 3_000) : random.between(3_000, 25_000);
    note(this.#world, "linkCutEveryS", `link of ${process?.clientId} cut for ${Math.round(forMs)} ms`);
    process?.cutLink(forMs);
  }

  #anyProcess(): SimProcess | undefined {
    return this.#world.random.pick([...this.#consumers, ...this.#producers])?.process;
  }

  #forQueue(
    fault: keyof RabbitFaults,
    text: string,
    act: (world: World, queue: NonNullable<ReturnType<World["queues"]["get"]>>) => void,
  ): void {
    const queue = this.#world.random.pick([...this.#world.queues.values()]);
    if (queue === undefined || !queue.isUp) return;
    note(this.#world, fault, `${text} on ${queue.name}`);
    act(this.#world, queue);
  }

  /** By a foreign tool: long enough to be seen. By an instrumented client: as short as it likes, but marked before. */
  #unbind(): void {
    const { clock, random, lanes, queues, bindings, shapes, store } = this.#world;
    const key = random.pick(lanes)?.partition ?? "";
    const queue = random.pick([...queues.keys()]) ?? "";
    if (bindings.get(key)?.has(queue) !== true) return;
    const isMarked = random.chance(0.4);
    if (isMarked) store.doubtQueue(queue, newId(this.#world, "d"));
    note(this.#world, "bindingEveryS", `${queue} unbound from ${key}${isMarked ? ", marked" : ""}`);
    bindings.get(key)?.delete(queue);
    const forMs = isMarked ? random.between(20, 3_000) : random.between(minStayMs, minStayMs + 5_000);
    clock.after(forMs, () => {
      if (isMarked) store.doubtQueue(queue, newId(this.#world, "d"));
      bindings.get(key)?.add(queue);
      shapes.set(`${key} ${queue}`, newId(this.#world, "s"));
    });
  }

  #restartBroker(): void {
    const { broker, clock, random, queues } = this.#world;
    if (!broker.isUp || [...queues.values()].some((queue) => queue.hidesGets)) return;
    note(this.#world, "restartEveryS", "broker restarts");
    broker.isUp = false;
    for (const queue of queues.values()) queue.isUp = false;
    for (const producer of this.#producers) producer.closeChannel();
    for (const consumer of this.#consumers) consumer.dropChannel();
    for (const queue of queues.values()) {
      queue.detachAll();
      queue.forgetTransient();
      queue.getCount = 0;
    }
    const downMs = random.between(3_000, 7_000);
    // Its age counts from when the machine starts, before it serves, and shows only later.
    clock.after(downMs - random.between(500, 2_500), () => {
      broker.startedAtMs = clock.nowMs;
    });
    clock.after(downMs, () => {
      broker.isUp = true;
      broker.tellsFromMs = clock.nowMs + random.between(0, 6_000);
      broker.showsFromMs = clock.nowMs + random.between(0, 2_000);
      for (const queue of queues.values()) {
        queue.isUp = true;
        queue.emitStatistics();
        queue.dispatch();
      }
    });
  }

  /** With a mark where an instrumented client does it. */
  #deleteQueue(): void {
    const { clock, random, queues, broker, store } = this.#world;
    const queue = random.pick([...queues.values()]);
    if (queue === undefined || !broker.isUp || !queue.exists || queue.hidesGets) return;
    const isMarked = random.chance(0.3);
    note(this.#world, "deleteEveryS", `${queue.name} deleted${isMarked ? ", marked" : ""}`);
    if (isMarked) store.doubtQueue(queue.name, newId(this.#world, "d"));
    queue.delete();
    for (const consumer of this.#consumers) if (consumer.queue === queue) consumer.dropChannel();
    clock.after(random.between(isMarked ? 100 : minStayMs, 8_000), () => {
      if (isMarked) store.doubtQueue(queue.name, newId(this.#world, "d"));
      queue.exists = true;
      queue.emitStatistics();
    });
  }

  #failOver(): void {
    note(this.#world, "storeFailoverEveryS", "store failed over");
    this.#world.store.failOver(this.#world.random.integer(0, 8), this.#world.random.chance(0.5));
  }

  #flush(): void {
    note(this.#world, "storeFlushEveryS", "store flushed");
    this.#world.store.flush();
  }

  #evict(): void {
    const { random, store, lanes, queues } = this.#world;
    const lane = random.pick(lanes);
    const queue = random.pick([...queues.keys()]);
    const isLane = random.chance(0.5);
    note(this.#world, "storeEvictionEveryS", `store evicted ${isLane ? lane?.partition : queue}`);
    if (isLane && lane !== undefined) store.evictLane(lane);
    else if (queue !== undefined) store.evictQueue(queue);
  }

  #restartAuditor(): void {
    note(this.#world, "auditorRestartEveryS", "auditor restarts");
    this.#auditor.restart(this.#world.random.between(200, 15_000));
  }

  #pause(): void {
    const { clock, random, queues } = this.#world;
    const queue = random.pick([...queues.values()]);
    this.#pausedUntilMs = clock.nowMs + random.between(1_000, 12_000);
    note(this.#world, "pauseEveryS", `consumers of ${queue?.name} pause`);
    for (const consumer of this.#consumers) if (consumer.queue === queue) consumer.close();
  }
}
