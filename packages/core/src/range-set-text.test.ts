import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emptyRanges, type RangeSet, unionAll } from "./range-set.ts";
import { formatRanges, parseRanges } from "./range-set-text.ts";

const top = Number.MAX_SAFE_INTEGER;

test("a set has the text that people would write", () => {
  expect(formatRanges([1, 1_000, 1_005, 1_005, 1_010, 1_020])).toBe("1-1000,1005,1010-1020");
  expect(formatRanges([0, 0, top, top])).toBe("0,9007199254740991");
  expect(formatRanges(emptyRanges)).toBe("");
  expect(parseRanges("")).toBe(emptyRanges);
});

test("every set comes back from its text", () => {
  const ends = fc.oneof(fc.nat(60), fc.integer({ min: top - 60, max: top }), fc.integer({ min: 0, max: top }));
  const sets = fc
    .array(fc.tuple(ends, ends), { maxLength: 10 })
    .map((pairs) => unionAll(pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)])));
  fc.assert(
    fc.property(sets, (set) => {
      expect(parseRanges(formatRanges(set))).toEqual(set);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ["not in order", "5,1"],
  ["overlapping", "1-5,5-9"],
  ["adjacent", "1-5,6-9"],
  ["adjacent single values", "1,2"],
  ["a range backwards", "5-1"],
  ["a single value written as a range", "5-5"],
  ["a leading zero", "01"],
  ["a leading zero in the last value", "1-02"],
  ["above 2^53 - 1", "9007199254740992"],
  ["a last value above 2^53 - 1", "1-9007199254740993"],
  ["seventeen digits", "1-10000000000000000"],
  ["a space", "1, 3"],
  ["a sign", "+1"],
  ["a negative value", "-1"],
  ["a fraction", "1.5"],
  ["an exponent", "1e3"],
  ["hexadecimal", "0x10"],
  ["an open range", "1-"],
  ["three ends", "1-2-3"],
  ["an empty piece", "1,,3"],
  ["a comma at the end", "1,"],
  ["a line break at the end", "1\n"],
  ["digits of another script", "\u0661"],
])("text with %s is refused", (_, text) => {
  expect(parseRanges(text)).toBeUndefined();
});

test("text is accepted exactly when it is the one text of the numbers that it names", () => {
  const tokens = [
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "12",
    "13",
    "20",
    "01",
    ",",
    ",",
    ",",
    ",",
    "-",
    "-",
    "-",
    " ",
    "+",
    "e",
  ];
  const noise = fc.array(fc.constantFrom(...tokens), { maxLength: 7 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(noise, (text) => {
      const numbers = numbersNamedBy(text);
      fc.pre(numbers.length < 500);
      // JavaScript writes 1e+21 as it reads it: such a number is no member of a set.
      const isOneText = text === textOfNumbers(numbers) && numbers.every(Number.isSafeInteger);
      expect(parseRanges(text) !== undefined).toBe(isOneText);
    }),
    { numRuns: 20_000, examples: [["1e+21"]] },
  );
});

test("no text makes it throw, and what it accepts is written back as it was", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom("0", "9", ",", "-") })),
      (text) => {
        const set: RangeSet | undefined = parseRanges(text);
        expect(set === undefined || formatRanges(set) === text).toBe(true);
      },
    ),
    { numRuns: 8_000 },
  );
});

/** What a careless reader would make of a text. */
function numbersNamedBy(text: string): number[] {
  return text
    .split(",")
    .filter((piece) => piece !== "")
    .flatMap((piece) => {
      const [first = Number.NaN, last = first] = piece.split("-").map(Number);
      return Array.from({ length: Math.min(1_000, Math.max(0, last - first + 1) || 0) }, (_, index) => first + index);
    });
}

/** The text of some numbers, by sorting alone. */
function textOfNumbers(numbers: readonly number[]): string {
  const runs: number[][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  return runs.map((run) => (run.length === 1 ? `${run[0]}` : `${run[0]}-${run.at(-1)}`)).join(",");
}
