import { at, numberAt, textAt } from "./untyped.ts";

/**
 * Tells committed records of a read-committed fetch from others. The broker names the aborted transactions that touch
 * the answer, each by its producer and first offset; its records end at that producer's next abort marker.
 */
export class AbortedTransactions {
  readonly #waiting: { readonly producerId: string; readonly firstOffset: number }[];
  readonly #open = new Set<string>();

  constructor(aborted: readonly unknown[]) {
    this.#waiting = aborted
      .map((one) => ({ producerId: idAt(one), firstOffset: numberAt(one, "firstOffset") }))
      .sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Call it with every record of the answer, in the order of their offsets. Control records are no one's messages. */
  isCommitted(message: unknown, offset: number): boolean {
    for (let next = this.#waiting[0]; next !== undefined && next.firstOffset <= offset; next = this.#waiting[0]) {
      this.#open.add(next.producerId);
      this.#waiting.shift();
    }
    const context = at(message, "batchContext");
    const producerId = idAt(context);
    if (at(context, "isControlBatch") === true || at(message, "isControlRecord") === true) {
      if (isAbortMarker(at(message, "key"))) this.#open.delete(producerId);
      return false;
    }
    return !(at(context, "inTransaction") === true && this.#open.has(producerId));
  }
}

function idAt(value: unknown): string {
  return textAt(value, "producerId") || String(at(value, "producerId"));
}

/** The key of a control record: version and type, 16 bits each; type 0 is an abort. */
function isAbortMarker(key: unknown): boolean {
  return key instanceof Uint8Array && key.length >= 4 && key[2] === 0 && key[3] === 0;
}
