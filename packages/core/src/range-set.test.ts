import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  above,
  addRange,
  contains,
  countOf,
  covers,
  difference,
  eachMember,
  eachRange,
  emptyRanges,
  firstOf,
  foldOldest,
  gapsWithin,
  intersection,
  isEmpty,
  lastOf,
  overlaps,
  type RangeSet,
  rangeCountOf,
  rangeOf,
  sameRanges,
  union,
  unionAll,
  upTo,
} from "./range-set.ts";

/** The model is a plain set of numbers below this; small, so that ranges meet, touch and swallow each other often. */
const universe = 40;
const top = Number.MAX_SAFE_INTEGER;

/** A failure prints its seed, its path and the shrunk counterexample: with those fast-check replays it. */
function check<Values extends [unknown, ...unknown[]]>(property: fc.IProperty<Values>, numRuns = 3_000): void {
  fc.assert(property, { numRuns });
}

const value = fc.nat(universe - 1);
const members = fc
  .array(fc.record({ first: value, length: fc.nat(5) }), { maxLength: 8 })
  .map(
    (pieces) =>
      new Set(pieces.flatMap(({ first, length }) => numbersFrom(first, Math.min(first + length, universe - 1)))),
  );
const interval = fc.tuple(value, value).filter(([first, last]) => first <= last + 3);

function numbersFrom(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** The one right list for a set of numbers, found without any of the code under test. */
function rangesOf(model: Iterable<number>): number[] {
  const sorted = [...new Set(model)].sort((a, b) => a - b);
  const isMember = new Set(sorted);
  const firsts = sorted.filter((number) => !isMember.has(number - 1));
  const lasts = sorted.filter((number) => !isMember.has(number + 1));
  return firsts.flatMap((first, index) => [first, lasts[index] ?? Number.NaN]);
}

describe("algebra agrees with plain sets of numbers", () => {
  test("union", () => {
    check(
      fc.property(members, members, (a, b) => {
        expect(union(rangesOf(a), rangesOf(b))).toEqual(rangesOf([...a, ...b]));
      }),
    );
  });

  test("intersection", () => {
    check(
      fc.property(members, members, (a, b) => {
        expect(intersection(rangesOf(a), rangesOf(b))).toEqual(rangesOf([...a].filter((number) => b.has(number))));
      }),
    );
  });

  test("difference", () => {
    check(
      fc.property(members, members, (a, b) => {
        expect(difference(rangesOf(a), rangesOf(b))).toEqual(rangesOf([...a].filter((number) => !b.has(number))));
      }),
    );
  });

  test("union of many", () => {
    check(
      fc.property(fc.array(members, { maxLength: 7 }), (models) => {
        expect(unionAll(models.map(rangesOf))).toEqual(rangesOf(models.flatMap((model) => [...model])));
      }),
    );
  });

  test("no operation changes its inputs", () => {
    check(
      fc.property(members, members, interval, (a, b, [first, last]) => {
        const left = Object.freeze(rangesOf(a));
        const right = Object.freeze(rangesOf(b));
        union(left, right);
        intersection(left, right);
        difference(left, right);
        unionAll([left, right]);
        above(left, first);
        upTo(left, first);
        gapsWithin(left, first, last);
        foldOldest(left, 1);
        expect(left).toEqual(rangesOf(a));
        expect(right).toEqual(rangesOf(b));
      }),
      1_000,
    );
  });
});

describe("algebraic laws", () => {
  test("union and intersection are idempotent, commutative and associative, and absorb each other", () => {
    check(
      fc.property(members, members, members, (modelA, modelB, modelC) => {
        const [a, b, c] = [rangesOf(modelA), rangesOf(modelB), rangesOf(modelC)];
        expect(union(a, [...a])).toEqual(a);
        expect(union(a, b)).toEqual(union(b, a));
        expect(union(union(a, b), c)).toEqual(union(a, union(b, c)));
        expect(intersection(a, [...a])).toEqual(a);
        expect(intersection(a, b)).toEqual(intersection(b, a));
        expect(intersection(intersection(a, b), c)).toEqual(intersection(a, intersection(b, c)));
        expect(union(a, intersection(a, b))).toEqual(a);
        expect(intersection(a, union(a, b))).toEqual(a);
      }),
    );
  });

  test("a difference and an intersection part a set in two", () => {
    check(
      fc.property(members, members, (modelA, modelB) => {
        const [a, b] = [rangesOf(modelA), rangesOf(modelB)];
        expect(union(difference(a, b), intersection(a, b))).toEqual(a);
        expect(intersection(difference(a, b), b)).toEqual([]);
        expect(countOf(difference(a, b)) + countOf(intersection(a, b))).toBe(countOf(a));
      }),
    );
  });
});

describe("an input that is the answer is returned itself", () => {
  const a: RangeSet = [1, 10, 20, 30];
  const part: RangeSet = [2, 3, 20, 30];

  test("union with a part, with nothing and with itself", () => {
    expect(union(a, part)).toBe(a);
    expect(union(part, a)).toBe(a);
    expect(union(a, emptyRanges)).toBe(a);
    expect(union(emptyRanges, a)).toBe(a);
    expect(union(a, [...a])).toBe(a);
    expect(unionAll([emptyRanges, a, part])).toBe(a);
  });

  test("intersection with a whole, difference with a stranger, cuts that cut nothing off", () => {
    expect(intersection(a, part)).toBe(part);
    expect(intersection(part, a)).toBe(part);
    expect(intersection(a, a)).toBe(a);
    expect(difference(a, [11, 19, 31, 40])).toBe(a);
    expect(difference(a, emptyRanges)).toBe(a);
    expect(above(a, 0)).toBe(a);
    expect(upTo(a, 30)).toBe(a);
    expect(foldOldest(a, 2).set).toBe(a);
  });

  test("what is empty is the one empty set", () => {
    expect(difference(a, a)).toBe(emptyRanges);
    expect(difference(part, a)).toBe(emptyRanges);
    expect(intersection(a, [11, 19])).toBe(emptyRanges);
    expect(above(a, 30)).toBe(emptyRanges);
    expect(upTo(a, 0)).toBe(emptyRanges);
    expect(gapsWithin(a, 1, 10)).toBe(emptyRanges);
    expect(rangeOf(2, 1)).toBe(emptyRanges);
    expect(unionAll([])).toBe(emptyRanges);
  });
});

describe("questions agree with plain sets of numbers", () => {
  test("contains, covers, overlaps and gapsWithin on every interval", () => {
    check(
      fc.property(members, interval, (model, [first, last]) => {
        const set = rangesOf(model);
        const asked = numbersFrom(first, last);
        expect(contains(set, first)).toBe(model.has(first));
        expect(covers(set, first, last)).toBe(asked.every((number) => model.has(number)));
        expect(overlaps(set, first, last)).toBe(asked.some((number) => model.has(number)));
        expect(gapsWithin(set, first, last)).toEqual(rangesOf(asked.filter((number) => !model.has(number))));
      }),
      5_000,
    );
  });

  test("above and upTo", () => {
    check(
      fc.property(members, fc.integer({ min: -1, max: universe }), (model, limit) => {
        const set = rangesOf(model);
        expect(above(set, limit)).toEqual(rangesOf([...model].filter((number) => number > limit)));
        expect(upTo(set, limit)).toEqual(rangesOf([...model].filter((number) => number <= limit)));
      }),
    );
  });

  test("counts, ends, sameness and emptiness", () => {
    check(
      fc.property(members, members, (model, other) => {
        const set = rangesOf(model);
        expect(countOf(set)).toBe(model.size);
        expect(rangeCountOf(set)).toBe(rangesOf(model).length / 2);
        expect(isEmpty(set)).toBe(model.size === 0);
        expect(firstOf(set)).toBe([...model].sort((a, b) => a - b).at(0));
        expect(lastOf(set)).toBe([...model].sort((a, b) => a - b).at(-1));
        expect(sameRanges(set, rangesOf(other))).toBe(
          model.size === other.size && [...model].every((number) => other.has(number)),
        );
      }),
    );
  });

  test("walking ranges and members", () => {
    check(
      fc.property(members, fc.nat(universe), (model, limit) => {
        const set = rangesOf(model);
        expect([...eachRange(set)].flat()).toEqual(set);
        expect([...eachMember(set, limit)]).toEqual([...model].sort((a, b) => a - b).slice(0, limit));
      }),
      2_000,
    );
  });

  test("a walk over billions of members stops at its limit", () => {
    expect([...eachMember([5, top], 3)]).toEqual([5, 6, 7]);
    expect([...eachMember([top - 1, top], 9)]).toEqual([top - 1, top]);
  });
});

describe("addRange", () => {
  test("adds in place, in any order, what a plain set of numbers would hold, and stays canonical at every step", () => {
    check(
      fc.property(fc.array(fc.tuple(value, fc.integer({ min: -1, max: 4 })), { maxLength: 30 }), (additions) => {
        const set: number[] = [];
        const model = new Set<number>();
        for (const [first, length] of additions) {
          addRange(set, first, first + length);
          for (const number of numbersFrom(first, first + length)) model.add(number);
          expect(set).toEqual(rangesOf(model));
        }
      }),
      3_000,
    );
  });

  test("extends the last range, appends behind it, bridges a gap and swallows what lies between", () => {
    const set: number[] = [];
    addRange(set, 1, 1);
    addRange(set, 2, 5);
    expect(set).toEqual([1, 5]);
    addRange(set, 7, 7);
    addRange(set, 9, 9);
    addRange(set, 20, 21);
    expect(set).toEqual([1, 5, 7, 7, 9, 9, 20, 21]);
    addRange(set, 6, 6);
    expect(set).toEqual([1, 7, 9, 9, 20, 21]);
    addRange(set, 8, 19);
    expect(set).toEqual([1, 21]);
  });

  test("reaches both ends of the safe integers", () => {
    const set: number[] = [];
    addRange(set, top, top);
    addRange(set, 0, 0);
    addRange(set, top - 1, top - 1);
    expect(set).toEqual([0, 0, top - 1, top]);
    expect(union([0, top - 1], [top, top])).toEqual([0, top]);
    expect(difference([0, top], [1, top - 1])).toEqual([0, 0, top, top]);
    expect(gapsWithin([1, top - 1], 0, top)).toEqual([0, 0, top, top]);
    expect(above(set, top)).toEqual([]);
    expect(upTo(set, top)).toEqual(set);
  });
});

describe("foldOldest", () => {
  test("keeps the newest ranges, and its floor is the lowest value about which the rest still speaks", () => {
    check(
      fc.property(members, fc.integer({ min: 0, max: 9 }), (model, maxRanges) => {
        const set = rangesOf(model);
        const folded = foldOldest(set, maxRanges);
        const dropped = difference(set, folded.set);
        expect(rangeCountOf(folded.set)).toBe(Math.min(maxRanges, rangeCountOf(set)));
        expect(folded.floor).toBe((lastOf(dropped) ?? -1) + 1);
        expect(folded.set).toEqual(rangesOf([...model].filter((number) => number >= folded.floor)));
      }),
    );
  });

  test("a set within its limit has no floor", () => {
    expect(foldOldest([5, 6], 1)).toEqual({ set: [5, 6], floor: 0 });
    expect(foldOldest([1, 3, 5, 6], 0)).toEqual({ set: [], floor: 7 });
  });
});
