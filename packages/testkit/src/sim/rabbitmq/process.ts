import { newId, strikes, type World } from "./world.ts";

/** One instrumented process: it may be frozen or killed, and its link to the store may be cut. */
export class SimProcess {
  readonly clientId: string;
  readonly world: World;
  isAlive = true;
  #linkCutUntilMs = 0;
  #isFrozen = false;
  #waiting: (() => void)[] = [];
  #number = 0;
  #state: "open" | "off" | "closed" = "open";

  constructor(world: World, kind: string) {
    this.world = world;
    this.clientId = newId(world, kind);
    this.#sign();
  }

  /** Something reaches the process: at once, or when it thaws, in order; never after its death. */
  run(task: () => void): void {
    if (!this.isAlive) return;
    if (this.#isFrozen) this.#waiting.push(task);
    else task();
  }

  after(delayMs: number, task: () => void): void {
    this.world.clock.after(delayMs, () => this.run(task));
  }

  /**
   * A write to the store. `answered` gets undefined where no answer came, whether or not the write was applied. A write
   * that is under way when the process dies is applied all the same.
   */
  write<T>(apply: () => T, answered: (answer: T | undefined) => void): void {
    const { clock, random } = this.world;
    const fail = (): void => this.after(commandTimeoutMs, () => answered(undefined));
    if (clock.nowMs < this.#linkCutUntilMs) return fail();
    clock.after(random.chance(0.02) ? random.between(20, 60) : random.between(0.5, 8), () => {
      const answer = apply();
      if (clock.nowMs < this.#linkCutUntilMs || strikes(this.world, "answerLossShare")) return fail();
      this.after(random.between(0.3, 3), () => answered(answer));
    });
  }

  cutLink(forMs: number): void {
    this.#linkCutUntilMs = this.world.clock.nowMs + forMs;
  }

  mendLink(): void {
    this.#linkCutUntilMs = 0;
  }

  freeze(forMs: number): void {
    if (this.#isFrozen) return;
    this.#isFrozen = true;
    this.world.clock.after(forMs, () => this.thaw());
  }

  thaw(): void {
    this.#isFrozen = false;
    const tasks = this.#waiting;
    this.#waiting = [];
    for (const task of tasks) this.run(task);
  }

  kill(): void {
    this.isAlive = false;
    this.#waiting = [];
  }

  /** A clean end: says so if the store can be reached, and is gone either way. */
  close(): void {
    this.#state = "closed";
    this.#writeSign();
    this.after(250, () => this.kill());
  }

  #sign(): void {
    if (this.#state === "closed") return;
    this.#writeSign();
    this.after(1_000, () => this.#sign());
  }

  #writeSign(): void {
    this.#number += 1;
    const sign = {
      clientId: this.clientId,
      number: this.#number,
      service: "sim",
      instance: this.clientId,
      pid: 1,
      version: "0",
      system: "rabbitmq",
      state: this.#state,
      roles: [],
      reportErrorCount: 0,
      droppedReportCount: 0,
    } as const;
    this.write(
      () => this.world.store.signClient(sign),
      () => undefined,
    );
  }
}

const commandTimeoutMs = 200;
