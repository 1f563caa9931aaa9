import { Chain, type Client } from "@seqwatch/client";
import { type DeliveryReport, type Lane, LaneDeliveries, laneHashOf } from "@seqwatch/core";

/** What a lane needs of its consumer. */
export interface LaneOwner {
  readonly client: Client;
  readonly queue: string;
  readonly consumerId: string;
  /** Another process writes under the same ids: the consumer takes new ones for all its lanes. */
  cloned(): void;
}

/** What one consumer gets of one lane: the account and the chain of its reports. */
export class InLane {
  readonly lane: Lane;
  readonly hash: string;
  readonly account: LaneDeliveries;
  /** Whether deliveries are accounted for; an exchange can be switched off alone. */
  isOn: boolean;
  /** Switched off, but accounted for until the store knows. */
  isEnding = false;
  readonly #chain: Chain<DeliveryReport>;
  #reportedAtMs: number;
  #seenCount = 0;
  #quietSinceMs: number;

  constructor(lane: Lane, owner: LaneOwner, isOn: boolean) {
    this.lane = lane;
    this.hash = laneHashOf(lane);
    this.isOn = isOn;
    const { client, queue, consumerId } = owner;
    this.#reportedAtMs = client.host.nowMs();
    this.#quietSinceMs = this.#reportedAtMs;
    this.account = new LaneDeliveries(lane, queue, { consumerId, clientId: client.clientId });
    this.#chain = new Chain(
      {
        hasNews: () => this.account.hasNews,
        next: (link) => {
          this.#reportedAtMs = client.host.nowMs();
          return this.account.report(link);
        },
        send: (report) => client.store.reportDeliveries(lane, report),
        accept: (answer) => {
          if (answer.kind === "clone") owner.cloned();
          this.account.accept(answer);
        },
      },
      () => client.newNonce(),
    );
  }

  /** One look a report: an idle lane asks now and then whether the store still holds what it was told. */
  look(nowMs: number): void {
    if (this.account.bookedCount !== this.#seenCount) {
      this.#seenCount = this.account.bookedCount;
      this.#quietSinceMs = nowMs;
      return;
    }
    if (this.account.bookedCount === 0 || this.#reportedAtMs + probeEveryMs > nowMs) return;
    this.account.probe();
    this.#seenCount = this.account.bookedCount;
  }

  isIdle(nowMs: number): boolean {
    return this.#quietSinceMs + idleMs <= nowMs && !this.#chain.hasNews;
  }

  /** Reports what was booked until now; false when the store refused it too often and it must be tried again. */
  async advance(): Promise<boolean> {
    const mark = this.account.bookedCount;
    await this.#chain.advance();
    return this.account.storedCount >= mark;
  }

  get hasNews(): boolean {
    return this.#chain.hasNews;
  }
}

const probeEveryMs = 30_000;
const idleMs = 60_000;
