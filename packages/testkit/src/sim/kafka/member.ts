import { type BatchAccount, LaneTestimony, laneHashOf, StampReader, type TestimonyReport } from "@seqwatch/core";
import { SimChain, SimClient } from "./client.ts";
import type { SimGroup } from "./group.ts";
import type { LogRecord } from "./log.ts";
import type { Message } from "./truth.ts";
import { strikes, tell, type World } from "./world.ts";

interface Fetched {
  readonly first: number;
  readonly records: readonly LogRecord[];
  readonly life: number;
}

/** One member of a consumer group, instrumented or foreign, in the ways of kafkajs. */
export class SimMember {
  readonly client: SimClient;
  readonly group: SimGroup;
  readonly isForeign: boolean;
  readonly joinedAtMs: number;
  readonly #world: World;
  readonly #testimony: LaneTestimony;
  readonly #chain: SimChain<TestimonyReport>;
  readonly #reader = new StampReader();
  readonly #laneHash: string;
  /** The generation in which it believes to own the partition; 0 = none. */
  assignment = 0;
  position = 0;
  #isRecording = true;
  #whenRevoked: (() => void) | undefined;
  #isWorking = false;
  #isSoon = false;
  #wasAssigned = false;
  #isEvicted = false;
  /** What it left behind in this assignment: only its own commit beyond it makes that final. */
  #left: { readonly offset: number; readonly message: Message }[] = [];
  #passed = 0;
  /** The assignment whose first fetch was made. */
  #begunIn = 0;

  constructor(world: World, group: SimGroup, isForeign = false) {
    this.#world = world;
    this.group = group;
    this.isForeign = isForeign;
    this.joinedAtMs = world.clock.nowMs;
    this.client = new SimClient(world, isForeign ? "foreign" : "member");
    this.#testimony = new LaneTestimony(world.lane, group.name, this.client.clientId);
    this.#chain = new SimChain(this.client, (report) => world.store.takeTestimony(report));
    this.#isRecording = !isForeign;
    this.#laneHash = laneHashOf(world.lane);
    if (!isForeign) this.client.after(world.random.between(0, 500), () => this.#reportLoop());
  }

  assign(generation: number, position: number): void {
    tell(this.#world, `${this.client.clientId} of ${this.group.name} starts at ${position}, generation ${generation}`);
    this.assignment = generation;
    this.position = position;
    this.#whenRevoked = undefined;
    this.#isEvicted = false;
    this.#left = [];
    this.#passed = 0;
    this.#wasAssigned = true;
    if (!this.isForeign) {
      this.#testimony.enter(this.#world.log.highWatermark, !this.#isRecording);
      if (!this.#isRecording) this.#testimony.leave("off");
      this.report();
    }
    this.client.after(this.#world.random.between(1, 50), () => this.#poll(generation));
  }

  /** Finishes the batch in work, commits, and lets go. */
  revoke(done: () => void): void {
    if (this.assignment === 0 || !this.client.isAlive) return done();
    this.#whenRevoked = done;
    if (!this.#isWorking) this.#letGo();
  }

  kill(): void {
    tell(this.#world, `${this.client.clientId} is killed`);
    this.client.kill();
  }

  /** Leaves the group cleanly. */
  close(): void {
    this.revoke(() => {
      this.client.state = "closed";
      this.client.after(2_000, () => this.client.kill());
    });
  }

  setOff(isOff: boolean): void {
    if (this.isForeign || isOff === !this.#isRecording) return;
    tell(this.#world, `${this.client.clientId} is ${isOff ? "off" : "on"}`);
    this.client.state = isOff ? "off" : "open";
    this.#isRecording = !isOff;
    if (this.assignment === 0) return;
    if (isOff) this.#testimony.leave("off");
    else this.#testimony.enter(this.#world.log.highWatermark, true);
    this.report();
  }

  report(): void {
    // Who was never given the partition has nothing to say of it: it is no predecessor of anybody.
    if (this.isForeign || !this.#wasAssigned || (!this.#testimony.hasNews && !this.#chain.isOpen)) return;
    // What is said while a report is under way follows at once, as it does in a real process.
    this.#isSoon = this.#chain.isUnderWay;
    this.#chain.send(
      (link) => this.#testimony.nextReport(link),
      (answer) => {
        this.#testimony.accept(answer);
        if (answer.kind !== "stored" || this.#isSoon) this.report();
      },
    );
  }

  #reportLoop(): void {
    // An off member goes on saying that it is there, and how far the log reached meanwhile.
    if (!this.#isRecording && this.assignment !== 0) {
      this.#testimony.enter(this.#world.log.highWatermark, true);
      this.#testimony.leave("off");
    }
    this.report();
    this.client.after(this.#testimony.waitingCount > 50 ? 200 : 1_000, () => this.#reportLoop());
  }

  #poll(generation: number): void {
    const { log, random } = this.#world;
    if (generation === 0 || this.assignment !== generation || this.#isWorking) return;
    this.#heedRange();
    if (log.highWatermark <= this.position) {
      this.client.after(random.between(20, 120), () => this.#poll(generation));
      return;
    }
    if (this.#begunIn !== generation && this.#isRecording) this.#testimony.beganAt(this.position, false);
    this.#begunIn = generation;
    const end = Math.min(log.highWatermark, this.position + random.integer(1, this.#world.sizes.fetchMost));
    const fetched = { first: this.position, records: log.records.slice(this.position, end), life: log.life };
    this.#isWorking = true;
    const waitMs = random.chance(0.05) ? random.between(50, 1_500) : random.between(0, 5);
    this.client.after(waitMs, () => this.#deliver(generation, fetched));
  }

  #heedRange(): void {
    const { log } = this.#world;
    if (this.position >= log.start && this.position <= log.end) return;
    const reset = this.group.resetsToStart ? log.start : log.highWatermark;
    tell(this.#world, `${this.client.clientId} is out of range at ${this.position}, goes on at ${reset}`);
    this.#skip(this.position, Math.min(reset, log.end));
    this.#testimony.seeked();
    this.position = reset;
  }

  #deliver(generation: number, fetched: Fetched): void {
    const { random } = this.#world;
    const { first, records } = fetched;
    const visibleCount = records.filter((record) => record.kind !== "control").length;
    const account = this.#isRecording
      ? this.#testimony.openBatch({ first, last: first + records.length - 1, visibleCount })
      : undefined;
    const work = { generation, fetched, account };
    const handlerMs = strikes(this.#world, "slowHandler") ? random.between(1_000, 9_000) : random.between(1, 30);
    const half = random.chance(0.3) ? Math.floor(records.length / 2) : 0;
    for (let index = 0; index < half; index += 1) this.#process(work, index);
    this.client.after(handlerMs, () => this.#finish(work, half));
  }

  #finish(work: Work, from: number): void {
    const { random } = this.#world;
    const { records } = work.fetched;
    let end = records.length;
    const breaks = records.length - from > 1;
    if (breaks && strikes(this.#world, "failedHandler")) return this.#fail(work, from, random.integer(from, end - 1));
    if (breaks && strikes(this.#world, "givenUp")) {
      const at = random.integer(this.#leavesFrom(from, end), end - 1);
      for (let index = from; index < at; index += 1) this.#process(work, index);
      for (let index = at; index < end; index += 1) this.#leave(work, index, "consume.given-up");
      end = from;
    } else if (breaks && strikes(this.#world, "brokenOff")) {
      this.#breakOff(work, from, random.integer(this.#leavesFrom(from, end), end - 1));
      end = from;
    }
    for (let index = from; index < end; index += 1) this.#process(work, index);
    work.account?.close();
    this.#moveOn(work.generation, work.fetched.first + records.length);
  }

  #leavesFrom(from: number, end: number): number {
    return Math.max(from, end - this.#world.sizes.leaveMost);
  }

  /** The handler throws: what was not resolved is fetched again. */
  #fail(work: Work, from: number, at: number): void {
    for (let index = from; index < at; index += 1) this.#process(work, index);
    work.account?.close();
    this.#moveOn(work.generation, work.fetched.first + at);
  }

  /** The handler leaves the batch at a message about which nobody can say anything. */
  #breakOff(work: Work, from: number, at: number): void {
    for (let index = from; index < at; index += 1) this.#process(work, index);
    const record = work.fetched.records[at];
    if (record !== undefined && record.kind !== "control") {
      work.account?.unknown(work.fetched.first + at);
      if (record.message !== undefined) record.message.isUntestified = true;
    }
    for (let index = at + 1; index < work.fetched.records.length; index += 1) {
      this.#leave(work, index, "consume.given-up");
    }
  }

  #process(work: Work, index: number): void {
    const record = work.fetched.records[index];
    if (record === undefined || record.kind === "control") return;
    const offset = work.fetched.first + index;
    const { message } = record;
    if (work.account !== undefined) {
      const sequence = this.#reader.read(record.stamp);
      const isForeign = sequence > 0 && this.#reader.laneHash !== this.#laneHash;
      work.account.processed(
        offset,
        record.epoch,
        sequence > 0 ? this.#reader.producerId : undefined,
        sequence,
        isForeign,
      );
    }
    if (message === undefined) return;
    const times = message.processedAtMs;
    times[this.group.index] = Math.min(times[this.group.index] ?? 0, this.#world.clock.nowMs);
    if (this.#world.truth.isTracing)
      tell(this.#world, `processed at ${offset} by ${this.client.clientId}${work.account ? "" : ", unheard"}`, message);
  }

  #leave(work: Work, index: number, verdict: Message["verdict"]): void {
    const record = work.fetched.records[index];
    if (record === undefined || record.kind === "control") return;
    const offset = work.fetched.first + index;
    work.account?.left(offset, record.producerId, record.sequence, record.kind === "foreign");
    if (record.message !== undefined) this.#letBe(record.message, offset, verdict, `left at ${offset}`);
    if (record.message !== undefined && work.account === undefined) record.message.isUntestified = true;
  }

  #letBe(message: Message, offset: number, verdict: Message["verdict"], text: string): void {
    this.#left.push({ offset, message });
    this.#excusePassed();
    const known = message.verdictIn[this.group.index];
    // Left behind once this way and once that way: either verdict is right.
    message.verdictIn[this.group.index] = known === undefined || known === verdict ? verdict : "either";
    tell(this.#world, `${text} by ${this.client.clientId}`, message);
  }

  /** Left behind, and passed by its own commit: worked after all, by whomever, it withdraws a loss that was one. */
  #excusePassed(): void {
    for (const { offset, message } of this.#left) if (offset < this.#passed) message.isExcused = true;
    this.#left = this.#left.filter(({ offset }) => offset >= this.#passed);
  }

  #moveOn(generation: number, next: number): void {
    const { random } = this.#world;
    this.#isWorking = false;
    if (this.assignment !== generation) {
      // It lost the partition meanwhile, and perhaps has it again by now.
      this.client.after(random.between(1, 10), () => this.#poll(this.assignment));
      return;
    }
    if (this.#isEvicted) return this.#letGo();
    this.position = next;
    if (random.chance(0.8) || this.#whenRevoked !== undefined) this.#commit(generation, next);
    if (this.#whenRevoked !== undefined) return this.#letGo();
    if (strikes(this.#world, "seekForward"))
      this.#seek(Math.min(this.#world.log.highWatermark, next + random.integer(1, 25)));
    else if (strikes(this.#world, "seekBack"))
      this.#seek(Math.max(this.#world.log.start, next - random.integer(1, this.#world.sizes.fetchMost)));
    this.client.after(random.between(1, 10), () => this.#poll(generation));
  }

  #seek(target: number): void {
    tell(this.#world, `${this.client.clientId} seeks from ${this.position} to ${target}`);
    this.#skip(this.position, target);
    this.#testimony.seeked();
    this.position = target;
  }

  #skip(from: number, to: number): void {
    for (let offset = from; offset < to; offset += 1) {
      const message = this.#world.log.records[offset]?.message;
      if (message === undefined) continue;
      this.#letBe(message, offset, "consume.skipped", `jumped at ${offset}`);
      if (!this.#isRecording) message.isUntestified = true;
    }
  }

  #commit(generation: number, next: number): void {
    const { clock, random } = this.#world;
    if (random.chance(0.7)) this.report();
    const fails = strikes(this.#world, "commitFailure");
    const { life } = this.#world.log;
    clock.after(random.between(1, 30), () => {
      const accepted = !fails && life === this.#world.log.life && this.group.commit(generation, next);
      if (accepted && this.assignment === generation) {
        this.#passed = Math.max(this.#passed, next);
        this.#excusePassed();
      }
      this.client.after(random.between(1, 10), () => {
        if (this.assignment !== generation) return;
        if (accepted && this.#isRecording) this.#testimony.committed(next);
        else if (!accepted && !fails && this.group.generation !== generation) this.evicted(generation);
      });
    });
  }

  /** It notices that the partition is no longer its own. */
  evicted(generation: number): void {
    if (this.assignment !== generation || !this.client.isAlive) return;
    tell(this.#world, `${this.client.clientId} notices that it was evicted`);
    // It joins again, or leaves, only when its handler is over.
    if (this.#isWorking) this.#isEvicted = true;
    else this.#letGo();
  }

  #letGo(): void {
    this.#isEvicted = false;
    const done = this.#whenRevoked;
    this.#whenRevoked = undefined;
    const { assignment } = this;
    // The commit of the last batch is answered first: kafkajs waits for it before it joins again.
    this.client.after(done === undefined ? 0 : 60, () => {
      if (this.assignment !== assignment) return;
      this.assignment = 0;
      if (!this.isForeign) this.#testimony.leave(this.#isRecording ? "closed" : "off");
      this.report();
    });
    if (done !== undefined) this.#world.clock.after(70, done);
  }
}

interface Work {
  readonly generation: number;
  readonly fetched: Fetched;
  readonly account: BatchAccount | undefined;
}
