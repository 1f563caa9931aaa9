import { type Answer, type ConsumerState, type DeliveryReport, type Lane, LaneDeliveries } from "@seqwatch/core";
import { SimChain } from "./chain.ts";
import type { SimProcess } from "./process.ts";
import { newId, type World } from "./world.ts";

interface Account {
  readonly deliveries: LaneDeliveries;
  readonly chain: SimChain<DeliveryReport>;
}

/** What a consumer reports: one account a lane, its sign in the queue's record, and the switch. */
export class ConsumerReports {
  deliveryCount = 0;
  isRecording = true;
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #queue: string;
  readonly #consumerId: string;
  readonly #accounts = new Map<Lane, Account>();
  #number = 0;
  #isRegistered = false;
  #isClosed = false;
  #isSigning = false;
  #isDoubted = false;
  #isEnding = false;
  #state: "open" | "off" | "closed" = "open";
  #reportedCount = 0;
  #sinceReportMs = 0;
  #sinceProbeMs = 0;

  constructor(
    world: World,
    owner: { readonly process: SimProcess; readonly queue: string; readonly consumerId: string },
  ) {
    this.#world = world;
    this.#process = owner.process;
    this.#queue = owner.queue;
    this.#consumerId = owner.consumerId;
    this.#register();
    this.#process.after(reportEveryMs, () => this.#tick());
  }

  /** The live switch: the doubt is in the store before accounting stops. */
  switchOff(forMs: number): void {
    this.#process.run(() => {
      if (this.#state !== "open") return;
      this.#doubtQueue(() => {
        if (this.#state !== "open") return;
        this.#state = "off";
        const stop = (): void => {
          this.isRecording = false;
          this.#process.after(forMs, () => this.#switchOn());
        };
        this.#writeSign(stop, () => this.#switchOn());
      });
    });
  }

  #switchOn(): void {
    if (this.#state !== "off") return;
    this.isRecording = true;
    this.#state = "open";
  }

  /** Cancelled: the broker counts it no more, and the store hears of it at once. */
  end(): void {
    this.#isEnding = true;
    this.#sinceReportMs = restMs;
    this.#reportNow();
  }

  /** No more deliveries will come. Whoever disconnects waits for the last report, but not for long. */
  close(): void {
    this.#state = "closed";
    this.#reportUntilClosed(this.#world.clock.nowMs + maxCloseMs);
  }

  #reportUntilClosed(untilMs: number): void {
    this.#reportNow();
    if (this.#isClosed || this.#world.clock.nowMs >= untilMs) return this.#process.close();
    this.#process.after(20, () => this.#reportUntilClosed(untilMs));
  }

  #register(): void {
    const sign = this.#sign();
    this.#process.write(
      () => {
        this.#world.store.signConsumer(this.#queue, sign);
        return true;
      },
      (answer) => {
        if (answer === undefined) return this.#process.after(200, () => this.#register());
        this.#isRegistered = true;
      },
    );
  }

  of(lane: Lane): Account {
    const known = this.#accounts.get(lane);
    if (known !== undefined) return known;
    const ids = { consumerId: this.#consumerId, clientId: this.#process.clientId };
    const account = {
      deliveries: new LaneDeliveries(lane, this.#queue, ids),
      chain: new SimChain<DeliveryReport>(this.#process, (report) => this.#world.store.reportDeliveries(lane, report)),
    };
    this.#accounts.set(lane, account);
    return account;
  }

  #tick(): void {
    this.#sinceReportMs += reportEveryMs;
    this.#sinceProbeMs += reportEveryMs;
    if (this.#sinceProbeMs >= probeMs) this.#probe();
    this.#reportNow();
    if (this.#process.isAlive) this.#process.after(reportEveryMs, () => this.#tick());
  }

  /** One script a lane; when every lane is stored, the consumer's number rises. */
  #reportNow(): void {
    if (this.#isSigning || !this.#isRegistered) return;
    const accounts = [...this.#accounts.values()];
    const isAtRest = !accounts.some(({ deliveries, chain }) => chain.isOpen || deliveries.hasNews);
    if (isAtRest && this.#sinceReportMs < restMs && this.#state !== "closed") return;
    this.#sinceReportMs = 0;
    this.#isSigning = true;
    this.#reportedCount = this.deliveryCount;
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
    this.#process.write(
      () => {
        this.#world.store.doubtQueue(this.#queue, token);
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
    this.#number += 1;
    const sign = this.#sign();
    this.#process.write(
      () => {
        this.#world.store.signConsumer(this.#queue, sign);
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
    readonly state: ConsumerState;
  } {
    return {
      consumerId: this.#consumerId,
      clientId: this.#process.clientId,
      number: this.#number,
      deliveries: this.#reportedCount,
      state: this.#state === "open" && this.#isEnding ? "ending" : this.#state,
    };
  }

  /** Asks the store whether it still holds what it was given. */
  #probe(): void {
    this.#sinceProbeMs = 0;
    for (const { deliveries } of this.#accounts.values()) deliveries.probe();
  }
}

const reportEveryMs = 200;
const restMs = 1_000;
const probeMs = 5_000;
const maxCloseMs = 250;
