import { base64UrlAlphabet, byteLengthOf, isBytes, stampMaxLength, stampPrefixLength } from "./stamp.ts";

/**
 * Reads the stamps of a consumer's messages: `parseStamp` for the hot path. For a stream that it has read before it
 * allocates nothing: the strings of a stream are made once and found again by the bytes of the stamp.
 *
 * ```ts
 * const sequence = reader.read(message.headers?.[stampHeader]);
 * if (sequence === 0) unstampedCount += 1;
 * else receipts.note(reader.producerId, reader.laneHash, sequence);
 * ```
 */
export class StampReader {
  readonly #known = new Map<number, KnownPrefix>();
  readonly #scratch = new Uint8Array(stampMaxLength);
  readonly #prefix = new Int32Array(prefixWords);
  #latest: KnownPrefix | undefined;

  /** The sequence of the stamp that a header's value is, or 0 when it is none. Never throws, whatever it is given. */
  read(value: unknown): number {
    if (typeof value === "string") return this.#readText(value);
    return isBytes(value) ? this.#readBytes(value, byteLengthOf(value)) : 0;
  }

  /** The producerId of the last stamp that was read; "" before the first one. */
  get producerId(): string {
    return this.#latest?.producerId ?? "";
  }

  /** The lane hash of the last stamp that was read; "" before the first one. */
  get laneHash(): string {
    return this.#latest?.laneHash ?? "";
  }

  #readText(text: string): number {
    const length = text.length;
    if (length > stampMaxLength) return 0;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      // A byte would wrap: U+0131 must not pass for "1".
      if (code > 127) return 0;
      this.#scratch[index] = code;
    }
    return this.#readBytes(this.#scratch, length);
  }

  #readBytes(bytes: Uint8Array, length: number): number {
    if (length <= stampPrefixLength || length > stampMaxLength) return 0;
    const sequence = sequenceOf(bytes, length);
    if (sequence === 0) return 0;
    loadPrefix(bytes, this.#prefix);
    if (this.#latest === undefined || !samePrefix(this.#prefix, this.#latest.prefix)) {
      const known = this.#find(bytes);
      if (known === undefined) return 0;
      this.#latest = known;
    }
    return sequence;
  }

  #find(bytes: Uint8Array): KnownPrefix | undefined {
    const hash = hashOfPrefix(this.#prefix);
    const known = this.#known.get(hash);
    if (known !== undefined && samePrefix(this.#prefix, known.prefix)) return known;
    const learned = learnPrefix(bytes);
    if (learned === undefined) return undefined;
    // Forgetting all is simpler than ageing, and costs each living stream one more parse.
    if (this.#known.size >= knownPrefixLimit) this.#known.clear();
    this.#known.set(hash, learned);
    return learned;
  }
}

/** The part of a stamp that a stream's messages share, in its bytes and as the strings made of them. */
interface KnownPrefix {
  /** Its 23 bytes in six words, see `loadPrefix`. */
  readonly prefix: Int32Array;
  readonly producerId: string;
  readonly laneHash: string;
}

const prefixWords = 6;

/** Some 370 bytes each: at most 3 MB a reader, also when somebody sends invented stamps. */
const knownPrefixLimit = 8_192;

/** The sequence's digits; 0 when they are none, or are no number from 1 to 2^53 - 1 in its only spelling. */
function sequenceOf(bytes: Uint8Array, length: number): number {
  if (bytes[stampPrefixLength] === codeOfZero) return 0;
  let sequence = 0;
  for (let index = stampPrefixLength; index < length; index++) {
    const digit = (bytes[index] ?? 0) - codeOfZero;
    if (digit < 0 || digit > 9) return 0;
    sequence = sequence * 10 + digit;
  }
  return sequence <= Number.MAX_SAFE_INTEGER ? sequence : 0;
}

/** Packs the prefix into words: comparing and hashing six words is twice as fast as 23 bytes. */
function loadPrefix(bytes: Uint8Array, prefix: Int32Array): void {
  prefix[0] = wordAt(bytes, 0);
  prefix[1] = wordAt(bytes, 4);
  prefix[2] = wordAt(bytes, 8);
  prefix[3] = wordAt(bytes, 12);
  prefix[4] = wordAt(bytes, 16);
  // One byte twice, so that the last word ends with the prefix.
  prefix[5] = wordAt(bytes, stampPrefixLength - 4);
}

function wordAt(bytes: Uint8Array, index: number): number {
  return (
    (bytes[index] ?? 0) |
    ((bytes[index + 1] ?? 0) << 8) |
    ((bytes[index + 2] ?? 0) << 16) |
    ((bytes[index + 3] ?? 0) << 24)
  );
}

function samePrefix(a: Int32Array, b: Int32Array): boolean {
  for (let index = 0; index < prefixWords; index++) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}

/** 30 bits, so that the engine keeps the number without a box. */
function hashOfPrefix(prefix: Int32Array): number {
  let hash = 0;
  for (let index = 0; index < prefixWords; index++) hash = Math.imul(hash ^ (prefix[index] ?? 0), 0x9e3779b1);
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

/** Checks a prefix that was not seen before, and makes its strings. */
function learnPrefix(bytes: Uint8Array): KnownPrefix | undefined {
  if (bytes[0] !== codeOfOne || bytes[1] !== codeOfDot) return undefined;
  if (bytes[producerIdEnd] !== codeOfDot || bytes[laneHashEnd] !== codeOfDot) return undefined;
  const producerId = base64UrlTextOf(bytes, 2, producerIdEnd);
  const laneHash = base64UrlTextOf(bytes, producerIdEnd + 1, laneHashEnd);
  if (producerId === undefined || laneHash === undefined) return undefined;
  const prefix = new Int32Array(prefixWords);
  loadPrefix(bytes, prefix);
  return { prefix, producerId, laneHash };
}

/** The bytes from `begin` to before `end` as text; `undefined` when one of them is no base64url character. */
function base64UrlTextOf(bytes: Uint8Array, begin: number, end: number): string | undefined {
  let text = "";
  for (let index = begin; index < end; index++) {
    const character = String.fromCharCode(bytes[index] ?? 0);
    if (!base64UrlAlphabet.includes(character)) return undefined;
    text += character;
  }
  return text;
}

const producerIdEnd = 13;
const laneHashEnd = 22;
const codeOfZero = 0x30;
const codeOfOne = 0x31;
const codeOfDot = 0x2e;
