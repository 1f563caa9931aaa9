import type { Lane, Store } from "@seqwatch/core";
import { expect } from "vitest";
import { Author, type Operation } from "./operations.ts";

/**
 * Applies the same writes to two stores and expects the same answers and the same record after each; then each write
 * once more, which must change nothing.
 */
export async function expectSameStore(
  stores: { readonly model: Store; readonly real: Store },
  lane: Lane,
  operations: readonly Operation[],
): Promise<void> {
  const { model, real } = stores;
  const author = new Author();
  for (const unlinked of operations) {
    const operation = author.link(unlinked);
    const answer = await author.apply(model, lane, operation);
    expect(await author.apply(real, lane, operation)).toEqual(answer);
    const record = await model.readLane(lane);
    expect(await real.readLane(lane)).toEqual(record);
    await author.apply(real, lane, operation);
    expect(await real.readLane(lane)).toEqual(record);
    author.learn(operation, answer);
  }
}
