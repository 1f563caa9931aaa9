import { eachRange, maxReferences, type RangeSet, type Reference, type StreamLedger } from "@seqwatch/core";

interface Remembered {
  readonly ledger: StreamLedger;
  readonly sequence: number;
}

/**
 * What the application calls its newest messages, in a ring; what went wrong is taken out of the ring and kept, at
 * most 512 a stream, because it is asked for long after newer messages would have pushed it out.
 */
export class References {
  readonly #capacity: number;
  readonly #ring: (Remembered | undefined)[] = [];
  #next = 0;
  readonly #newest = new Map<StreamLedger, Map<number, string>>();
  readonly #kept = new Map<StreamLedger, Map<number, string>>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  remember(ledger: StreamLedger, sequence: number, text: string): void {
    if (this.#capacity === 0) return;
    const pushedOut = this.#ring[this.#next];
    if (pushedOut !== undefined) this.#newest.get(pushedOut.ledger)?.delete(pushedOut.sequence);
    this.#ring[this.#next] = { ledger, sequence };
    this.#next = (this.#next + 1) % this.#capacity;
    mapIn(this.#newest, ledger).set(sequence, text.slice(0, maxTextLength));
  }

  /** The texts of these sequences, oldest first, at most 512; they are kept from now on. */
  keep(ledger: StreamLedger, sequences: RangeSet): readonly Reference[] {
    const newest = this.#newest.get(ledger);
    if (newest === undefined && !this.#kept.has(ledger)) return [];
    const kept = mapIn(this.#kept, ledger);
    for (const [first, last] of eachRange(sequences)) {
      // The ranges may be long and the known texts few: go through whichever is shorter.
      if (newest === undefined) break;
      if (last - first < newest.size) {
        for (let sequence = first; sequence <= last; sequence += 1) keepOne(kept, sequence, newest.get(sequence));
      } else {
        for (const [sequence, text] of newest) if (sequence >= first && sequence <= last) keepOne(kept, sequence, text);
      }
    }
    const wanted: Reference[] = [];
    for (const [sequence, text] of kept) if (isIn(sequences, sequence)) wanted.push({ sequence, text });
    return wanted.sort((a, b) => a.sequence - b.sequence);
  }

  forget(ledger: StreamLedger): void {
    this.#newest.delete(ledger);
    this.#kept.delete(ledger);
  }
}

const maxTextLength = 200;

function mapIn<K, V>(maps: Map<K, Map<number, V>>, key: K): Map<number, V> {
  const known = maps.get(key);
  if (known !== undefined) return known;
  const made = new Map<number, V>();
  maps.set(key, made);
  return made;
}

function keepOne(kept: Map<number, string>, sequence: number, text: string | undefined): void {
  if (text === undefined || kept.has(sequence)) return;
  kept.set(sequence, text);
  const [oldest] = kept.keys();
  if (kept.size > maxReferences && oldest !== undefined) kept.delete(oldest);
}

function isIn(set: RangeSet, value: number): boolean {
  for (const [first, last] of eachRange(set)) if (value >= first && value <= last) return true;
  return false;
}
