import { expect, test } from "vitest";
import { formatStamp, type Stamp } from "./stamp.ts";
import { StampReader } from "./stamp-reader.ts";

function stampOf(stream: number, sequence: number): Stamp {
  const text = stream.toString(36);
  return { producerId: text.padStart(11, "P"), laneHash: text.padEnd(8, "L"), sequence };
}

function bytesOf(stamp: Stamp): Buffer {
  return Buffer.from(formatStamp(stamp));
}

test("before the first stamp the names are empty", () => {
  const reader = new StampReader();
  expect([reader.read(undefined), reader.producerId, reader.laneHash]).toEqual([0, "", ""]);
});

test("the names describe the last stamp that was read, also after values that are none", () => {
  const reader = new StampReader();
  expect(reader.read(bytesOf(stampOf(1, 7)))).toBe(7);
  expect(reader.read("1.not a stamp.")).toBe(0);
  expect(reader.read(`${formatStamp(stampOf(2, 7))}x`)).toBe(0);
  expect([reader.producerId, reader.laneHash]).toEqual([stampOf(1, 7).producerId, stampOf(1, 7).laneHash]);
});

test("streams that take turns are told apart, in every order and beyond what is remembered", () => {
  const reader = new StampReader();
  const streams = Array.from({ length: 20_000 }, (_, stream) => stream);
  for (const stream of [...streams, ...streams.toReversed(), 5, 5, 19_999, 5]) {
    const expected = stampOf(stream, stream + 1);
    const sequence = reader.read(bytesOf(expected));
    expect({ producerId: reader.producerId, laneHash: reader.laneHash, sequence }).toEqual(expected);
  }
});

test("a prefix that differs from a known one in any single character is another stream or none", () => {
  const known = formatStamp(stampOf(1, 7));
  for (let index = 0; index < known.length - 1; index++) {
    const reader = new StampReader();
    reader.read(known);
    const other = `${known.slice(0, index)}_${known.slice(index + 1)}`;
    const isField = (index >= 2 && index < 13) || (index >= 14 && index < 22);
    expect(reader.read(Buffer.from(other))).toBe(isField ? 7 : 0);
    expect(`1.${reader.producerId}.${reader.laneHash}.7`).toBe(isField ? other : known);
  }
});
