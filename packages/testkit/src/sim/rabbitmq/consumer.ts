import { type Answer, type DeliveryReport, type Lane, LaneDeliveries } from "@seqwatch/core";
import { SimChain } from "./chain.ts";
import { SimProcess } from "./process.ts";
import type { Channel, Entry, SimQueue } from "./queue.ts";
import { fate, mark, type SimMessage } from "./truth.ts";
import { newId, type World } from "./world.ts";

interface Account {
  readonly deliveries: LaneDeliveries;
  readonly chain: SimChain<DeliveryReport>;
}

/** A process that consumes one queue and reports what it got, as the adapter for amqplib does. */
export class SimConsumer {
  readonly process: SimProcess;
  readonly queue: SimQueue;
  readonly consumerId: string;
  readonly #world: World;
  readonly #channel: Channel;
  readonly #accounts = new Map<Lane, Account>();
  readonly #work: { readonly meanMs: number; readonly concurrency: number };
  /** Read from the socket and waiting for their turn: handlers overlap up to `concurrency`. */
  #backlog: (() => void)[] = [];
  #inWork = 0;
  #lastArrivalMs = 0;
  #stalledUntilMs = 0;
  #deliveryCount = 0;
  #signNumber = 0;
  #isRegistered = false;
  #isDropping = false;
  #isClosed = false;
  #isSigning = false;
  #isDoubted = false;
  #state: "open" | "off" | "closed" = "open";
  #isRecording = true;
  #reportedDeliveryCount = 0;
  #sinceReportMs = 0;

  constructor(world: World, queue: SimQueue) {
    this.#world = world;
    this.queue = queue;
    this.process = new SimProcess(world, "c");
    this.consumerId = newId(world, "k");
    const { random, faults } = world;
    this.#work = {
      meanMs: random.chance(faults.slowShare) ? random.between(50, 250) : random.between(1, 25),
      concurrency: random.integer(1, 8),
    };
    this.#channel = {
      noAck: random.chance(faults.noAckShare),
      prefetch: random.pick([1, 5, 20, 50]) ?? 1,
      unacked: new Map(),
      isOpen: true,
      deliver: (entry, tag, redelivered) => this.#deliver(entry, tag, redelivered),
    };
    this.#register();
    world.clock.after(random.between(0.5, 10), () => this.#attach());
    this.process.after(reportEveryMs, () => this.#tick());
  }

  get isOpen(): boolean {
    return this.#channel.isOpen && this.process.isAlive;
  }

  /** SIGKILL. The broker notices at once, or only when the heartbeat fails. */
  kill(): void {
    const { clock, random } = this.#world;
    this.process.kill();
    this.#vanishUnread();
    clock.after(random.chance(0.8) ? random.between(1, 200) : random.between(500, 9_000), () =>
      this.queue.detach(this.#channel),
    );
  }

  /** The broker closed the channel: what was not settled is given back. The process tells that it ended, and goes. */
  dropChannel(): void {
    this.queue.detach(this.#channel);
    this.close();
  }

  /** A clean end. Some cancel and finish their work first, some close at once and let the broker take it all back. */
  close(): void {
    const { random, clock } = this.#world;
    const isGraceful = this.#channel.noAck || random.chance(0.5);
    this.process.run(() => {
      this.#isDropping = !isGraceful;
      clock.after(random.between(0.3, 2), () => {
        this.#channel.isOpen = false;
        this.process.after(isGraceful ? random.between(5, 400) : 3, () => {
          this.queue.detach(this.#channel);
          this.#state = "closed";
          this.#reportUntilClosed(clock.nowMs + maxCloseMs);
        });
      });
    });
  }

  /** Whoever disconnects waits for the last report, but not for long. */
  #reportUntilClosed(untilMs: number): void {
    this.#reportNow();
    if (this.#isClosed || this.#world.clock.nowMs >= untilMs) return this.process.close();
    this.process.after(20, () => this.#reportUntilClosed(untilMs));
  }

  /** The live switch: the doubt is in the store before accounting stops. */
  switchOff(forMs: number): void {
    this.process.run(() => {
      if (this.#state !== "open") return;
      this.#doubtQueue(() => {
        if (this.#state !== "open") return;
        this.#state = "off";
        const stop = (): void => {
          this.#isRecording = false;
          this.process.after(forMs, () => this.#switchOn());
        };
        this.#writeSign(stop, () => this.#switchOn());
      });
    });
  }

  #switchOn(): void {
    if (this.#state !== "off") return;
    this.#isRecording = true;
    this.#state = "open";
  }

  /**
   * Deliveries and answers stay under way for a while, in order. Of a consumer that acknowledges nothing nobody knows
   * what is under way to it: that its network stands still for no longer than a few seconds is an assumption.
   */
  stallNetwork(forMs: number): void {
    const longest = this.#channel.noAck ? maxUnseenStallMs : Number.POSITIVE_INFINITY;
    this.#stalledUntilMs = this.#world.clock.nowMs + Math.min(forMs, longest);
  }

  #register(): void {
    const sign = this.#sign();
    this.process.write(
      () => {
        this.#world.store.signConsumer(this.queue.name, sign);
        return true;
      },
      (answer) => {
        if (answer === undefined) return this.process.after(200, () => this.#register());
        this.#isRegistered = true;
      },
    );
  }

  #attach(): void {
    if (!this.process.isAlive || !this.#channel.isOpen) return;
    if (!this.#world.broker.isUp) return this.#world.clock.after(500, () => this.#attach());
    this.queue.attach(this.#channel);
  }

  #deliver(entry: Entry, tag: number, redelivered: boolean): void {
    const { clock, random } = this.#world;
    const { message, isReturned } = entry;
    // One channel keeps the order on its way; a busy event loop leaves it in the socket for a while.
    const soonestMs = Math.max(clock.nowMs, this.#stalledUntilMs) + random.between(0.1, 3);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, soonestMs);
    if (random.chance(0.002)) this.#lastArrivalMs += random.between(10, 80);
    const arrive = (): void => this.#read(message, tag, !redelivered && !isReturned);
    clock.at(this.#lastArrivalMs, () => {
      if (!this.process.isAlive) return this.#lose(message);
      this.process.run(arrive);
    });
  }

  /** What lay in the socket of a consumer without acknowledgements dies with it. */
  #lose(message: SimMessage): void {
    if (this.#channel.noAck) mark(message, this.queue.name, fate.vanished);
  }

  #vanishUnread(): void {
    this.#backlog = [];
  }

  #read(message: SimMessage, tag: number, isFresh: boolean): void {
    // amqplib drops what arrives after a close; the broker takes it back.
    if (!this.#channel.noAck && (this.#isDropping || !this.#channel.unacked.has(tag))) return;
    this.#deliveryCount += 1;
    mark(message, this.queue.name, fate.read);
    const isRecorded = this.#isRecording;
    if (isRecorded) this.#accountOf(message.lane).deliveries.received(message.producerId, message.sequence, isFresh);
    this.#backlog.push(() => this.#handle(message, tag, isRecorded));
    this.#startWork();
  }

  #startWork(): void {
    while (this.#inWork < this.#work.concurrency) {
      const next = this.#backlog.shift();
      if (next === undefined) return;
      this.#inWork += 1;
      next();
    }
  }

  #handle(message: SimMessage, tag: number, isRecorded: boolean): void {
    const { random } = this.#world;
    const workMs = random.chance(0.005) ? random.between(1_000, 6_000) : random.waiting(this.#work.meanMs);
    this.process.after(workMs, () => {
      this.#inWork -= 1;
      this.#settle(message, tag, isRecorded);
      this.#startWork();
    });
  }

  #settle(message: SimMessage, tag: number, isRecorded: boolean): void {
    const { random, faults } = this.#world;
    const { deliveries } = this.#accountOf(message.lane);
    const { producerId, sequence } = message;
    if (this.#channel.noAck) {
      mark(message, this.queue.name, fate.processed);
      if (isRecorded) deliveries.processed(producerId, sequence);
      return;
    }
    // On a closed channel the acknowledgement throws: the work may be done, the message comes again.
    if (!this.#channel.unacked.has(tag)) return;
    if (random.chance(faults.requeueShare)) return this.#answer(() => this.queue.nack(this.#channel, tag, true));
    if (random.chance(faults.rejectShare)) {
      mark(message, this.queue.name, fate.rejected);
      if (isRecorded) deliveries.rejected(producerId, sequence);
      return this.#answer(() => this.queue.nack(this.#channel, tag, false));
    }
    mark(message, this.queue.name, fate.processed);
    if (isRecorded) deliveries.processed(producerId, sequence);
    this.#answer(() => this.queue.ack(this.#channel, tag));
  }

  /** An answer to the broker: what is sent before the end still arrives. */
  #answer(settle: () => void): void {
    const { clock, random } = this.#world;
    clock.at(Math.max(clock.nowMs, this.#stalledUntilMs) + random.between(0.1, 1), settle);
  }

  #accountOf(lane: Lane): Account {
    const known = this.#accounts.get(lane);
    if (known !== undefined) return known;
    const ids = { consumerId: this.consumerId, clientId: this.process.clientId };
    const account = {
      deliveries: new LaneDeliveries(lane, this.queue.name, ids),
      chain: new SimChain<DeliveryReport>(this.process, (report) => this.#world.store.reportDeliveries(lane, report)),
    };
    this.#accounts.set(lane, account);
    return account;
  }

  #tick(): void {
    this.#sinceReportMs += reportEveryMs;
    this.#reportNow();
    if (this.process.isAlive) this.process.after(reportEveryMs, () => this.#tick());
  }

  /** One script a lane; when every lane is stored, the consumer's number rises. */
  #reportNow(): void {
    if (this.#isSigning || !this.#isRegistered) return;
    const accounts = [...this.#accounts.values()];
    const isAtRest = !accounts.some(({ deliveries, chain }) => chain.isOpen || deliveries.hasNews);
    if (isAtRest && this.#sinceReportMs < restMs && this.#state !== "closed") return;
    if (this.#sinceReportMs >= probeMs && isAtRest) for (const { deliveries } of accounts) deliveries.probe();
    this.#sinceReportMs = isAtRest ? 0 : this.#sinceReportMs;
    this.#isSigning = true;
    this.#reportedDeliveryCount = this.#deliveryCount;
    const due = accounts.filter(({ deliveries, chain }) => chain.isOpen || deliveries.hasNews);
    // A report that is sent once more covers less than what was delivered by now: no sign rests on it.
    const isRepeat = due.some(({ chain }) => chain.isOpen);
    let waiting = due.length;
    let areStored = !isRepeat;
    const answered = (isStored: boolean): void => {
      waiting -= 1;
      areStored &&= isStored;
      if (waiting <= 0) this.#finishReport(areStored);
    };
    if (due.length === 0) return this.#finishReport(true);
    for (const account of due) this.#reportLane(account, answered);
  }

  #reportLane({ deliveries, chain }: Account, answered: (isStored: boolean) => void): void {
    chain.send(
      (link) => deliveries.report(link),
      (answer: Answer | undefined) => {
        if (answer !== undefined) deliveries.accept(answer);
        if (deliveries.takeDoubt()) this.#isDoubted = true;
        answered(answer?.kind === "stored");
      },
    );
  }

  #finishReport(areStored: boolean): void {
    const end = (): void => {
      this.#isSigning = false;
    };
    if (this.#isDoubted) return this.#doubtQueue(() => this.#finishReport(areStored), end);
    if (!areStored) return end();
    const isLast = this.#state === "closed";
    this.#writeSign(() => {
      this.#isClosed ||= isLast;
      end();
    }, end);
  }

  #doubtQueue(done: () => void, failed: () => void = () => undefined): void {
    const token = newId(this.#world, "d");
    this.process.write(
      () => {
        this.#world.store.doubtQueue(this.queue.name, token);
        return true;
      },
      (answer) => {
        if (answer === undefined) return failed();
        this.#isDoubted = false;
        done();
      },
    );
  }

  #writeSign(done: () => void, failed: () => void = () => undefined): void {
    this.#signNumber += 1;
    const sign = this.#sign();
    this.process.write(
      () => {
        this.#world.store.signConsumer(this.queue.name, sign);
        return true;
      },
      (answer) => (answer === undefined ? failed() : done()),
    );
  }

  #sign(): {
    readonly consumerId: string;
    readonly clientId: string;
    readonly number: number;
    readonly deliveries: number;
    readonly state: "open" | "off" | "closed";
  } {
    return {
      consumerId: this.consumerId,
      clientId: this.process.clientId,
      number: this.#signNumber,
      deliveries: this.#reportedDeliveryCount,
      state: this.#state,
    };
  }
}

const reportEveryMs = 200;
const restMs = 1_000;
const probeMs = 5_000;
const maxCloseMs = 250;
const maxUnseenStallMs = 4_000;
