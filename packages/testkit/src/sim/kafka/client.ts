import type { Answer } from "@seqwatch/core";
import { newId, strikes, type World } from "./world.ts";

/** One instrumented process: it may be killed, and its link to the store may be cut. */
export class SimClient {
  readonly clientId: string;
  readonly world: World;
  isAlive = true;
  state: "open" | "off" | "closed" = "open";
  #cutUntilMs = 0;
  #number = 0;

  constructor(world: World, kind: string) {
    this.world = world;
    this.clientId = newId(world, kind);
    if (kind !== "foreign") this.#sign();
  }

  /** Later, in this process: never after its death. */
  after(delayMs: number, task: () => void): void {
    this.world.clock.after(delayMs, () => {
      if (this.isAlive) task();
    });
  }

  /**
   * A write to the store. `answered` gets undefined where no answer came, whether or not the write was applied. A write
   * that is under way when the process dies is applied all the same.
   */
  write<T>(apply: () => T, answered: (answer: T | undefined) => void): void {
    const { clock, random } = this.world;
    const fail = (): void => this.after(200, () => answered(undefined));
    if (clock.nowMs < this.#cutUntilMs) return fail();
    clock.after(random.chance(0.02) ? random.between(20, 180) : random.between(0.5, 8), () => {
      const answer = apply();
      if (clock.nowMs < this.#cutUntilMs || strikes(this.world, "answerLoss")) return fail();
      this.after(random.between(0.3, 3), () => answered(answer));
    });
  }

  cutLink(forMs: number): void {
    this.#cutUntilMs = this.world.clock.nowMs + forMs;
  }

  mendLink(): void {
    this.#cutUntilMs = 0;
  }

  kill(): void {
    this.isAlive = false;
  }

  #sign(): void {
    this.#number += 1;
    const sign = {
      clientId: this.clientId,
      number: this.#number,
      service: "sim",
      instance: this.clientId,
      pid: 1,
      version: "0",
      system: "kafka",
      state: this.state,
      roles: [],
      reportErrorCount: 0,
      droppedReportCount: 0,
    } as const;
    this.write(
      () => this.world.store.takeSign(sign),
      () => undefined,
    );
    if (this.state !== "closed") this.after(1_000, () => this.#sign());
  }
}

export interface Link {
  readonly number: number;
  readonly nonce: string;
  readonly buildsOn: string;
}

/** Reports of one author, each building on the last stored one; one that was not answered goes out again as it was. */
export class SimChain<Report> {
  readonly #client: SimClient;
  readonly #apply: (report: Report) => Answer;
  #number = 0;
  #buildsOn = "";
  #open: { readonly report: Report; readonly link: Link } | undefined;
  #isUnderWay = false;

  constructor(client: SimClient, apply: (report: Report) => Answer) {
    this.#client = client;
    this.#apply = apply;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  send(compose: (link: Link) => Report, answered: (answer: Answer) => void): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const open = (this.#open ??= this.#compose(compose));
    this.#client.write(
      () => this.#apply(open.report),
      (answer) => {
        this.#isUnderWay = false;
        if (answer === undefined) return;
        this.#open = undefined;
        if (answer.kind === "stored") [this.#number, this.#buildsOn] = [open.link.number, open.link.nonce];
        if (answer.kind === "send-all") [this.#number, this.#buildsOn] = [open.link.number, ""];
        answered(answer);
      },
    );
  }

  #compose(compose: (link: Link) => Report): { readonly report: Report; readonly link: Link } {
    const link = { number: this.#number + 1, nonce: newId(this.#client.world, "n"), buildsOn: this.#buildsOn };
    return { report: compose(link), link };
  }
}
