import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lane } from "./lane.ts";
import {
  formatStamp,
  isProducerId,
  originHeader,
  parseStamp,
  producerIdOf,
  type Stamp,
  stampHeader,
  stampPrefixOf,
} from "./stamp.ts";
import { StampReader } from "./stamp-reader.ts";

interface Vectors {
  readonly lanes: readonly (Lane & { readonly laneHash: string })[];
  readonly producerIds: readonly { readonly bytes: string; readonly producerId: string }[];
  readonly valid: readonly (Stamp & { readonly value: string; readonly why: string })[];
  readonly invalid: readonly { readonly value: string; readonly why: string }[];
  readonly invalidBytes: readonly { readonly bytes: string; readonly why: string }[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL("../../../docs/stamp-vectors.json", import.meta.url), "utf8"));
const specification = readFileSync(new URL("../../../docs/stamp.md", import.meta.url), "utf8");

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const character = fc.nat(63).map((index) => alphabet.charAt(index));
const stamp: fc.Arbitrary<Stamp> = fc.record({
  producerId: fc.string({ unit: character, minLength: 11, maxLength: 11 }),
  laneHash: fc.string({ unit: character, minLength: 8, maxLength: 8 }),
  sequence: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
});
const plain: Stamp = { producerId: "nzp8UeIIRNY", laneHash: "L1S9SY41", sequence: 42 };

/** Both readers on one value, in one form: undefined when it is no stamp. */
function readBoth(value: unknown, reader = new StampReader()): { parsed: Stamp | undefined; read: Stamp | undefined } {
  const sequence = reader.read(value);
  const read = sequence === 0 ? undefined : { producerId: reader.producerId, laneHash: reader.laneHash, sequence };
  return { parsed: parseStamp(value), read };
}

describe("the specification's vectors", () => {
  test.each(vectors.valid)("$value is a stamp ($why)", ({ value, producerId, laneHash, sequence }) => {
    const expected = { producerId, laneHash, sequence };
    expect(readBoth(value)).toEqual({ parsed: expected, read: expected });
    expect(readBoth(Buffer.from(value))).toEqual({ parsed: expected, read: expected });
    expect(formatStamp(expected)).toBe(value);
  });

  test.each(vectors.invalid)("$value is none ($why)", ({ value }) => {
    expect(readBoth(value)).toEqual({ parsed: undefined, read: undefined });
    expect(readBoth(Buffer.from(value))).toEqual({ parsed: undefined, read: undefined });
  });

  test.each(vectors.invalidBytes)("bytes $bytes are none ($why)", ({ bytes }) => {
    expect(readBoth(Buffer.from(bytes, "hex"))).toEqual({ parsed: undefined, read: undefined });
  });

  test.each(vectors.producerIds)("the bytes $bytes make the producerId $producerId", ({ bytes, producerId }) => {
    expect(producerIdOf(Buffer.from(bytes, "hex"))).toBe(producerId);
    expect(isProducerId(producerId)).toBe(true);
  });

  test("are the rows of the specification's tables, every one", () => {
    const rows = [
      ...vectors.lanes.map((lane) =>
        [lane.system, lane.cluster, lane.destination, lane.partition, lane.laneHash].map(cell),
      ),
      ...vectors.producerIds.map(({ bytes, producerId }) => [cell(bytes), cell(producerId)]),
      ...vectors.valid.map((row) => [
        cell(row.value),
        cell(row.producerId),
        cell(row.laneHash),
        `${row.sequence}`,
        row.why,
      ]),
      ...vectors.invalid.map(({ value, why }) => [cell(value), why]),
      ...vectors.invalidBytes.map(({ bytes, why }) => [cell(bytes), why]),
    ].map((cells) => `| ${cells.join(" | ")} |`);
    expect(rows.filter((row) => !specification.includes(row))).toEqual([]);
  });
});

describe("writing", () => {
  test("header name and value take at most 48 bytes below 10^9", () => {
    const longest = formatStamp({ ...plain, sequence: 999_999_999 });
    expect(Buffer.byteLength(stampHeader + longest)).toBe(40);
    expect(Buffer.byteLength(stampHeader + formatStamp({ ...plain, sequence: Number.MAX_SAFE_INTEGER }))).toBe(47);
    expect(originHeader).toBe("seqwatch-origin");
  });

  test("a stamp is its stream's prefix and its sequence", () => {
    expect(stampPrefixOf(plain.producerId, plain.laneHash)).toBe("1.nzp8UeIIRNY.L1S9SY41.");
    expect(formatStamp(plain)).toBe(`${stampPrefixOf(plain.producerId, plain.laneHash)}42`);
  });

  test("a producerId is 64 bits as base64url", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        expect(producerIdOf(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      }),
      { numRuns: 2_000 },
    );
    expect(() => producerIdOf(new Uint8Array(7))).toThrow(RangeError);
  });

  test.each(["", "AAAAAAAAAA", "AAAAAAAAAAAA", "AAAAAAAAAA=", "AAAAAAAAAA\n", "AAAAA+AAAAA", "AAAAAAAAAAé"])(
    "%j is no producerId",
    (text) => {
      expect(isProducerId(text)).toBe(false);
    },
  );
});

describe("reading", () => {
  test("every stamp comes back, as text, as bytes and from the middle of a larger buffer", () => {
    const reader = new StampReader();
    fc.assert(
      fc.property(stamp, (stamp) => {
        const value = formatStamp(stamp);
        const expected = { parsed: stamp, read: stamp };
        expect(readBoth(value, reader)).toEqual(expected);
        expect(readBoth(new Uint8Array(Buffer.from(value)), reader)).toEqual(expected);
        expect(readBoth(Buffer.from(`9${value}9`).subarray(1, -1), reader)).toEqual(expected);
      }),
      { numRuns: 4_000 },
    );
  });

  test("a damaged stamp is read by both readers as the plain words of the specification have it", () => {
    const reader = new StampReader();
    const edit = fc.tuple(
      fc.nat(40),
      fc.nat(2),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from("01.9-_=+ \n\0"))),
    );
    fc.assert(
      fc.property(stamp, fc.array(edit, { maxLength: 3 }), (stamp, edits) => {
        const bytes = edits.reduce(edited, [...Buffer.from(formatStamp(stamp))]);
        const expected = plainlyRead(bytes);
        expect(readBoth(Buffer.from(bytes), reader)).toEqual({ parsed: expected, read: expected });
        expect(readBoth(String.fromCharCode(...bytes), reader)).toEqual({ parsed: expected, read: expected });
      }),
      { numRuns: 12_000 },
    );
  });

  test("random bytes and texts are read by both readers as the plain words of the specification have it", () => {
    const reader = new StampReader();
    const text = fc.oneof(
      fc.string({ maxLength: 45 }),
      fc.string({ unit: "binary", maxLength: 45 }),
      fc.string({ unit: fc.constantFrom("1", ".", "A", "0"), maxLength: 45 }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 45 }), text, (bytes, text) => {
        const expected = plainlyRead([...bytes]);
        expect(readBoth(bytes, reader)).toEqual({ parsed: expected, read: expected });
        const { parsed, read } = readBoth(text, reader);
        expect(parsed).toEqual(plainlyRead(Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))));
        expect(read).toEqual(parsed);
      }),
      { numRuns: 10_000 },
    );
  });

  test("characters whose low byte is that of a stamp's are no stamp", () => {
    const value = formatStamp(plain);
    const shifted = String.fromCharCode(...Array.from(value, (character) => character.charCodeAt(0) + 0x100));
    expect(readBoth(shifted)).toEqual({ parsed: undefined, read: undefined });
  });

  test("bytes of another realm are bytes", () => {
    const foreign: unknown = runInNewContext(`Uint8Array.from([${Buffer.from(formatStamp(plain)).join()}])`);
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    expect(readBoth(foreign)).toEqual({ parsed: plain, read: plain });
  });
});

describe("values that are neither text nor bytes", () => {
  const bytes = Buffer.from(formatStamp(plain));
  const fail = (): never => {
    throw new Error("a trap was sprung");
  };
  const traps = {
    get: fail,
    has: fail,
    ownKeys: fail,
    getPrototypeOf: fail,
    getOwnPropertyDescriptor: fail,
    apply: fail,
  };
  const pretender = { length: 25, toString: () => formatStamp(plain), valueOf: () => formatStamp(plain) };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["a number", 42],
    ["a bigint", 42n],
    ["a symbol", Symbol("seqwatch")],
    ["a function", () => formatStamp(plain)],
    ["a String object", Object(formatStamp(plain))],
    ["an array of a stamp, as a repeated header arrives", [bytes]],
    ["an array of two stamps", [formatStamp(plain), formatStamp(plain)]],
    ["an array of byte values", [...bytes]],
    ["other typed arrays", Uint16Array.from(bytes)],
    ["clamped bytes", Uint8ClampedArray.from(bytes)],
    ["a DataView", new DataView(Uint8Array.from(bytes).buffer)],
    ["an ArrayBuffer", Uint8Array.from(bytes).buffer],
    ["an object that turns into a stamp", pretender],
    ["an object that calls itself bytes", { [Symbol.toStringTag]: "Uint8Array", length: 25 }],
    ["an object whose getters throw", Object.defineProperty({}, "length", { get: fail })],
    ["an heir of bytes that is none", Object.create(bytes)],
    ["a proxy of bytes", new Proxy(bytes, {})],
    ["a proxy whose traps throw", new Proxy(bytes, traps)],
    ["a revoked proxy", revoked.proxy],
  ])("%s: no stamp, and no throw", (_, value) => {
    expect(readBoth(value)).toEqual({ parsed: undefined, read: undefined });
  });

  test("bytes that lie about their length, or whose prototype throws, are read by what they are", () => {
    const lying = Object.defineProperty(Uint8Array.from(bytes), "length", { get: fail });
    const orphan = Object.setPrototypeOf(Uint8Array.from(bytes), new Proxy({}, traps)) as unknown;
    expect(readBoth(lying)).toEqual({ parsed: plain, read: plain });
    expect(readBoth(orphan)).toEqual({ parsed: plain, read: plain });
  });

  test("bytes whose memory was transferred away are no stamp", () => {
    const detached = Uint8Array.from(bytes);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    expect(readBoth(detached)).toEqual({ parsed: undefined, read: undefined });
  });
});

/** A text as the specification's tables show it: the inside of a JSON string, in ASCII. */
function cell(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text === "" ? "(empty)" : `\`${escaped}\``;
}

function edited(bytes: readonly number[], [position, kind, byte]: readonly [number, number, number]): number[] {
  const replaced = { 0: [byte], 1: [], 2: [byte, ...bytes.slice(position, position + 1)] }[kind] ?? [];
  return [...bytes.slice(0, position), ...replaced, ...bytes.slice(position + 1)];
}

/** The specification's words one by one, with none of the code under test and no regular expression. */
function plainlyRead(codes: readonly number[]): Stamp | undefined {
  const fields = String.fromCharCode(...codes).split(".");
  const [version, producerId = "", laneHash = "", digits = ""] = fields;
  const isOf = (text: string, allowed: string) => text.split("").every((character) => allowed.includes(character));
  const sequence = isOf(digits, "0123456789") && digits.length <= 16 ? Number(digits) : 0;
  const isStamp =
    fields.length === 4 &&
    version === "1" &&
    producerId.length === 11 &&
    isOf(producerId, alphabet) &&
    laneHash.length === 8 &&
    isOf(laneHash, alphabet) &&
    !digits.startsWith("0") &&
    sequence >= 1 &&
    sequence <= 2 ** 53 - 1;
  return isStamp ? { producerId, laneHash, sequence } : undefined;
}
