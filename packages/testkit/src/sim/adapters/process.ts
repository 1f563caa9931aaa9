import type { Host } from "@seqwatch/client";
import type { Store } from "@seqwatch/core";
import { newId, strikes } from "../kafka/world.ts";
import type { ModelTopic } from "./topic.ts";

/** One process of an application: a host in simulated time, and a link to the store that may be cut. */
export class ModelProcess {
  readonly topic: ModelTopic;
  readonly name: string;
  readonly host: Host;
  readonly store: Store;
  isAlive = true;
  /** The id by which its watched client goes. */
  clientId = "";
  #cutUntilMs = 0;

  constructor(topic: ModelTopic, kind: string) {
    this.topic = topic;
    this.name = newId(topic.world, kind);
    this.host = this.#createHost();
    this.store = this.#createStore();
  }

  /** Later, in this process: never after its death. */
  after(delayMs: number, task: () => void): () => void {
    let isWanted = true;
    this.topic.world.clock.after(delayMs, () => {
      if (this.isAlive && isWanted) task();
    });
    return () => {
      isWanted = false;
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  kill(): void {
    this.isAlive = false;
  }

  cutLink(forMs: number): void {
    this.#cutUntilMs = this.topic.world.clock.nowMs + forMs;
  }

  mendLink(): void {
    this.#cutUntilMs = 0;
  }

  #createHost(): Host {
    const { clock, random } = this.topic.world;
    return {
      nowMs: () => clock.nowMs,
      wallMs: () => 1_700_000_000_000 + clock.nowMs,
      after: (delayMs, run) => this.after(delayMs, run),
      hold: (delayMs, run) => this.after(delayMs, run),
      randomBytes: (count) => Uint8Array.from({ length: count }, () => random.integer(0, 255)),
      readText: async () => undefined,
      writeLine: () => {},
      onEnd: () => () => {},
      env: {},
      hostName: "sim",
      pid: 1,
    };
  }

  /**
   * A call that is under way when the process dies is applied all the same; one whose answer is lost was applied, too,
   * and rejects.
   */
  async #call<T>(apply: () => T): Promise<T> {
    const { world } = this.topic;
    const { clock, random } = world;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (): void => void this.after(200, () => reject(new Error("The store did not answer.")));
    if (clock.nowMs < this.#cutUntilMs) fail();
    else {
      clock.after(random.chance(0.02) ? random.between(20, 180) : random.between(0.5, 8), () => {
        const answer = apply();
        if (clock.nowMs < this.#cutUntilMs || strikes(world, "answerLoss")) fail();
        else this.after(random.between(0.3, 3), () => resolve(answer));
      });
    }
    return await promise;
  }

  /** The calls of a client go over the link; those of auditors are not made here. */
  #createStore(): Store {
    const { topic } = this;
    const store: Store = Object.create(topic.world.store);
    return Object.assign(store, {
      reportLedger: (lane, report) => this.#call(() => topic.storeOf(lane).takeLedger(report)),
      reportTestimony: (lane, report) => this.#call(() => topic.storeOf(lane).takeTestimony(report)),
      signClient: (sign) =>
        this.#call(() => {
          for (const { store: each } of topic.partitions) each.takeSign(sign);
        }),
      readSwitch: () => this.#call(() => topic.switch),
      announceLane: async () => {},
      watchSwitch: () => () => {},
    } satisfies Partial<Store>);
  }
}
