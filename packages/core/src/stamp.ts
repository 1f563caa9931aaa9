/** The name of the one header that a message carries. */
export const stampHeader = "seqwatch";

/** The name under which a forwarded message keeps the stamp that it came with. */
export const originHeader = "seqwatch-origin";

/** On a message that its own producer publishes again, under the stamp that it had: as which copy, from 2 on. */
export const copyHeader = "seqwatch-copy";

/** Who sent a message, in which lane, and as which one of its stream. docs/stamp.md is the specification. */
export interface Stamp {
  /** 11 base64url characters, random at every start of the producer. */
  readonly producerId: string;
  /** 8 base64url characters, see `laneHashOf`. */
  readonly laneHash: string;
  /** 1 to 2^53 - 1, without holes in the order of stamping. */
  readonly sequence: number;
}

/** Length of `1.<producerId>.<laneHash>.`: the part of a stamp that is the same for a whole stream. */
export const stampPrefixLength = 23;

/** Length of the longest stamp: the prefix and the 16 digits of 2^53 - 1. */
export const stampMaxLength = stampPrefixLength + 16;

/**
 * The constant part of a stream's stamps, `1.<producerId>.<laneHash>.`; made once a stream, so that stamping a message
 * is one concatenation: `prefix + sequence`.
 */
export function stampPrefixOf(producerId: string, laneHash: string): string {
  return `1.${producerId}.${laneHash}.`;
}

/** A stamp as the value of its header. */
export function formatStamp(stamp: Stamp): string {
  return stampPrefixOf(stamp.producerId, stamp.laneHash) + stamp.sequence;
}

/**
 * Reads a header's value (text or bytes), strictly: whatever is not exactly a stamp of this version is `undefined`.
 * Never throws, whatever it is given. For every message of a consumer there is `StampReader`.
 */
export function parseStamp(value: unknown): Stamp | undefined {
  const match = stampPattern.exec(textOf(value));
  if (match === null) return undefined;
  const [, producerId = "", laneHash = "", digits = ""] = match;
  const sequence = Number(digits);
  return Number.isSafeInteger(sequence) ? { producerId, laneHash, sequence } : undefined;
}

/** Whether a text can be a producerId. Any 11 base64url characters can: the id is compared as text, never decoded. */
export function isProducerId(text: string): boolean {
  return producerIdPattern.test(text);
}

/** The producerId made of 64 random bits, which the caller draws: this package has no randomness. */
export function producerIdOf(bytes: Uint8Array): string {
  if (bytes.length !== 8) throw new RangeError(`A producerId takes 8 random bytes, not ${bytes.length}.`);
  const bits = bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
  return toBase64Url(bits << 2n, 11);
}

/** The lowest `6 × characterCount` bits as base64url without padding (RFC 4648 section 5), highest bits first. */
export function toBase64Url(bits: bigint, characterCount: number): string {
  let text = "";
  for (let index = characterCount - 1; index >= 0; index--) {
    text += base64UrlAlphabet.charAt(Number((bits >> BigInt(6 * index)) & 63n));
  }
  return text;
}

/** The 64 characters of RFC 4648 section 5, in the order of their values. */
export const base64UrlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * Whether a value is a byte array: a Uint8Array or a Buffer, also one of another realm. It asks the engine's own slot,
 * because `instanceof` runs the traps of a proxy, and those can throw.
 */
export function isBytes(value: unknown): value is Uint8Array {
  return tagGetter.call(value) === "Uint8Array";
}

/** The length of a byte array, whatever own property may pretend to be its length. */
export function byteLengthOf(bytes: Uint8Array): number {
  return Number(lengthGetter.call(bytes));
}

/** The value as text when it is short enough to be a stamp, else "", which is none. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value.length <= stampMaxLength ? value : "";
  if (!isBytes(value)) return "";
  const length = byteLengthOf(value);
  if (length > stampMaxLength) return "";
  let text = "";
  for (let index = 0; index < length; index++) text += String.fromCharCode(value[index] ?? 0);
  return text;
}

const stampPattern = /^1\.([A-Za-z0-9_-]{11})\.([A-Za-z0-9_-]{8})\.([1-9][0-9]{0,15})$/;
const producerIdPattern = /^[A-Za-z0-9_-]{11}$/;

const tagGetter = slotGetter(Symbol.toStringTag);
const lengthGetter = slotGetter("length");

/** A getter that all typed arrays inherit; it reads an internal slot and calls no code of the value. */
function slotGetter(key: string | symbol): () => unknown {
  const typedArrayPrototype: unknown = Object.getPrototypeOf(Uint8Array.prototype);
  // Unbound on purpose: each call says whose slot it reads.
  // oxlint-disable-next-line typescript/unbound-method
  const getter = Object.getOwnPropertyDescriptor(typedArrayPrototype, key)?.get;
  if (getter === undefined) throw new TypeError(`This engine's typed arrays have no getter ${String(key)}.`);
  return getter;
}
