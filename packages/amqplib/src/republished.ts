import type { Publication } from "./confirms.ts";
import type { OutStream } from "./out-stream.ts";

/**
 * Messages whose channel closed before the broker answered. A connection manager publishes such a message again, on
 * another channel, with the very same Buffer and options object: then it is the same message and keeps its sequence,
 * once. An application that sends one constant Buffer again and again without options is not taken for that.
 */
export class Republished {
  readonly #byContent = new WeakMap<object, Publication[]>();
  #isEmpty = true;

  remember(publications: readonly Publication[]): void {
    for (const publication of publications) {
      const { content, options } = publication;
      if (typeof content !== "object" || content === null || typeof options !== "object" || options === null) continue;
      const kept = this.#byContent.get(content) ?? [];
      if (kept.length < maxPerContent) kept.push(publication);
      this.#byContent.set(content, kept);
      this.#isEmpty = false;
    }
  }

  /** The sequence that this very message had in this stream, if it had one, and which copy comes next. */
  take(
    stream: OutStream,
    content: unknown,
    options: unknown,
    exchange: string,
    routingKey: string,
  ): { readonly sequence: number; readonly copy: number } | undefined {
    if (this.#isEmpty || typeof content !== "object" || content === null) return undefined;
    const kept = this.#byContent.get(content);
    const index = (kept ?? []).findIndex(
      (each) =>
        each.stream === stream &&
        each.options === options &&
        each.exchange === exchange &&
        each.routingKey === routingKey,
    );
    const before = index === -1 ? undefined : kept?.splice(index, 1)[0];
    return before === undefined ? undefined : { sequence: before.sequence, copy: before.copy + 1 };
  }
}

const maxPerContent = 1_024;
