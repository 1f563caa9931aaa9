interface Plan {
  readonly timeMs: number;
  readonly order: number;
  readonly task: () => void;
}

/** Simulated time: what is due next happens next, ties in the order in which they were planned. */
export class Clock {
  nowMs = 0;
  /** A binary heap, earliest first. */
  readonly #plans: Plan[] = [];
  #order = 0;

  after(delayMs: number, task: () => void): void {
    this.at(this.nowMs + delayMs, task);
  }

  at(timeMs: number, task: () => void): void {
    this.#order += 1;
    this.#rise({ timeMs: Math.max(timeMs, this.nowMs), order: this.#order, task });
  }

  /** Runs everything that is due up to then. */
  runUntil(timeMs: number): void {
    for (let due = this.#plans[0]; due !== undefined && due.timeMs <= timeMs; due = this.#plans[0]) {
      this.nowMs = due.timeMs;
      this.#removeFirst();
      due.task();
    }
    this.nowMs = timeMs;
  }

  #rise(plan: Plan): void {
    let at = this.#plans.length;
    this.#plans.push(plan);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#plans[above];
      if (parent === undefined || isBefore(parent, plan)) break;
      this.#plans[at] = parent;
      at = above;
    }
    this.#plans[at] = plan;
  }

  #removeFirst(): void {
    const last = this.#plans.pop();
    if (last === undefined || this.#plans.length === 0) return;
    let at = 0;
    for (;;) {
      const below = this.#earlierChild(at);
      const child = this.#plans[below];
      if (child === undefined || isBefore(last, child)) break;
      this.#plans[at] = child;
      at = below;
    }
    this.#plans[at] = last;
  }

  #earlierChild(at: number): number {
    const left = this.#plans[2 * at + 1];
    const right = this.#plans[2 * at + 2];
    return left !== undefined && right !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
  }
}

function isBefore(a: Plan, b: Plan): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
}
