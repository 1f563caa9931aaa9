/** A seeded stream of numbers: the same seed, the same run. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** low ≤ x < high. */
  between(low: number, high: number): number;
  /** An integer, low ≤ n ≤ high. */
  integer(low: number, high: number): number;
  chance(share: number): boolean;
  /** Around `mean`, with the long tail of waiting times. */
  waiting(mean: number): number;
  pick<T>(items: readonly T[]): T | undefined;
}

/** Told apart by this: numbers that draw the faults of a run from those that play it. */
export const drawn = 0x5eed;

/** Mulberry32: small, fast, and good enough to shuffle faults. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (share) => share > 0 && next() < share,
    waiting: (mean) => -Math.log(1 - next()) * mean,
    pick: (items) => items[Math.floor(next() * items.length)],
  };
}
