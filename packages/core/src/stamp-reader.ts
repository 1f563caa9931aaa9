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
  #latest: KnownPrefix = noPrefix;

  /** The sequence of the stamp that a header's value is, or 0 when it is none. Never throws, whatever it is given. */
  read(value: unknown): number {
    if (typeof value === "string") return this.#readText(value);
    return isBytes(value) ? this.#readBytes(value, byteLengthOf(value)) : 0;
  }

  /** The producerId of the last stamp that was read; "" before the first one. */
  get producerId(): string {
    return this.#latest.producerId;
  }

  /** The lane hash of the last stamp that was read; "" before the first one. */
  get laneHash(): string {
    return this.#latest.laneHash;
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
    if (!hasPrefix(bytes, this.#latest.bytes)) {
      const known = this.#find(bytes);
      if (known === undefined) return 0;
      this.#latest = known;
    }
    return sequence;
  }

  #find(bytes: Uint8Array): KnownPrefix | undefined {
    const hash = prefixHashOf(bytes);
    const known = this.#known.get(hash);
    if (known !== undefined && hasPrefix(bytes, known.bytes)) return known;
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
  readonly bytes: Uint8Array;
  readonly producerId: string;
  readonly laneHash: string;
}

/** Before the first stamp: its zero bytes match no message's. */
const noPrefix: KnownPrefix = { bytes: new Uint8Array(stampPrefixLength), producerId: "", laneHash: "" };

/** Some 300 bytes each: at most 2.5 MB a reader, also when somebody sends invented stamps. */
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

/** Compares from the end: the streams of one producer or of one lane differ there or just before. */
function hasPrefix(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let index = stampPrefixLength - 1; index >= 0; index--) {
    if (bytes[index] !== prefix[index]) return false;
  }
  return true;
}

/** 30 bits of the prefix, so that the engine keeps the number without a box. */
function prefixHashOf(bytes: Uint8Array): number {
  let hash = 0;
  for (let index = 2; index < stampPrefixLength - 1; index++) hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

/** Checks a prefix that was not seen before, and makes its strings. */
function learnPrefix(bytes: Uint8Array): KnownPrefix | undefined {
  if (bytes[0] !== codeOfOne || bytes[1] !== codeOfDot) return undefined;
  if (bytes[producerIdEnd] !== codeOfDot || bytes[laneHashEnd] !== codeOfDot) return undefined;
  const producerId = base64UrlTextOf(bytes, 2, producerIdEnd);
  const laneHash = base64UrlTextOf(bytes, producerIdEnd + 1, laneHashEnd);
  if (producerId === undefined || laneHash === undefined) return undefined;
  return { bytes: Uint8Array.from(bytes.subarray(0, stampPrefixLength)), producerId, laneHash };
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
