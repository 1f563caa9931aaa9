/** Simulated time: what is due next happens next, ties in the order in which they were planned. */
export class Clock {
  nowMs = 0;
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #tasks: (() => void)[] = [];
  #order = 0;

  after(delayMs: number, task: () => void): void {
    this.at(this.nowMs + delayMs, task);
  }

  at(timeMs: number, task: () => void): void {
    this.#order += 1;
    this.#times.push(Math.max(timeMs, this.nowMs));
    this.#orders.push(this.#order);
    this.#tasks.push(task);
    this.#rise(this.#times.length - 1);
  }

  /** Runs everything that is due up to then. */
  runUntil(timeMs: number): void {
    for (;;) {
      const due = this.#times[0];
      if (due === undefined || due > timeMs) break;
      const task = this.#tasks[0];
      this.nowMs = due;
      this.#removeFirst();
      task?.();
    }
    this.nowMs = timeMs;
  }

  #removeFirst(): void {
    const last = this.#times.length - 1;
    this.#swap(0, last);
    this.#times.pop();
    this.#orders.pop();
    this.#tasks.pop();
    this.#sink();
  }

  #isBefore(a: number, b: number): boolean {
    const [timeA, timeB] = [this.#times[a] ?? 0, this.#times[b] ?? 0];
    return timeA < timeB || (timeA === timeB && (this.#orders[a] ?? 0) < (this.#orders[b] ?? 0));
  }

  #rise(from: number): void {
    for (let child = from; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #sink(): void {
    for (let parent = 0; ; ) {
      let lowest = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2])
        if (child < this.#times.length && this.#isBefore(child, lowest)) lowest = child;
      if (lowest === parent) return;
      this.#swap(parent, lowest);
      parent = lowest;
    }
  }

  #swap(a: number, b: number): void {
    swap(this.#times, a, b);
    swap(this.#orders, a, b);
    swap(this.#tasks, a, b);
  }
}

function swap<T>(list: T[], a: number, b: number): void {
  const [first, second] = [list[a], list[b]];
  if (first === undefined || second === undefined) return;
  list[a] = second;
  list[b] = first;
}
