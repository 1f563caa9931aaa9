/** An answer together with the time at which its question was asked. */
export interface Dated<Value> {
  readonly value: Value;
  readonly beganAtMs: number;
}

/**
 * Lets everybody who asks the same question within a short time share one answer: all lanes of one pass ask for the same
 * queues. The answer bears the time of the first question, so that nobody takes it for younger than it is.
 */
export class SharedAnswers<Value> {
  readonly #shareMs: number;
  readonly #answers = new Map<string, { readonly beganAtMs: number; readonly answer: Promise<Value> }>();

  constructor(shareMs: number) {
    this.#shareMs = shareMs;
  }

  async ask(question: string, nowMs: number, find: () => Promise<Value>): Promise<Dated<Value>> {
    const known = this.#answers.get(question);
    if (known !== undefined && nowMs - known.beganAtMs < this.#shareMs) {
      return { value: await known.answer, beganAtMs: known.beganAtMs };
    }
    if (this.#answers.size >= maxAnswers) this.#forgetOlderThan(nowMs - this.#shareMs);
    const answer = find();
    this.#answers.set(question, { beganAtMs: nowMs, answer });
    return { value: await answer, beganAtMs: nowMs };
  }

  #forgetOlderThan(beganAtMs: number): void {
    for (const [question, known] of this.#answers) if (known.beganAtMs <= beganAtMs) this.#answers.delete(question);
  }
}

const maxAnswers = 10_000;
