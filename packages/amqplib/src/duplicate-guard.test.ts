import { expect, test } from "vitest";
import { type Delivered, DuplicateGuard } from "./duplicate-guard.ts";

const content = Buffer.from("order 7");
const stamp = "1.AAAAAAAAAAA.AAAAAAAA.7";
const second = { seqwatch: stamp, "seqwatch-copy": "2" };

function heldOf(change: { readonly isDoubted?: boolean; readonly sequence?: number } = {}): Delivered {
  const lane = { system: "rabbitmq", cluster: "c", destination: "shop", partition: "created" } as const;
  const account = { queue: "orders", lane, isDoubted: change.isDoubted ?? false };
  return { account, producerId: "AAAAAAAAAAA", sequence: change.sequence ?? 7 };
}

type Headers = Readonly<Record<string, unknown>>;

/** Has worked one copy, and is given another. */
function skips(first: Headers, then: Headers, held = heldOf(), body: Buffer = content): boolean {
  const guard = new DuplicateGuard();
  guard.processed(guard.markOf(heldOf(), content, first));
  return guard.mustSkip(held, guard.markOf(held, body, then), then);
}

test("the copy that its producer published again is skipped, whichever of the two comes first", () => {
  expect(skips({ seqwatch: stamp }, second)).toBe(true);
  expect(skips(second, { seqwatch: stamp })).toBe(true);
  expect(skips(second, { seqwatch: stamp, "seqwatch-copy": "3" })).toBe(true);
});

test("what the application put aside and somebody moved back runs, whichever copy that was", () => {
  expect(skips({ seqwatch: stamp }, { seqwatch: stamp })).toBe(false);
  expect(skips(second, second)).toBe(false);
});

test("once both copies were worked, neither is skipped when it comes back", () => {
  const guard = new DuplicateGuard();
  const held = heldOf();
  for (const headers of [{ seqwatch: stamp }, second]) guard.processed(guard.markOf(held, content, headers));
  for (const headers of [{ seqwatch: stamp }, second])
    expect(guard.mustSkip(held, guard.markOf(held, content, headers), headers)).toBe(false);
});

test("nothing is skipped that nobody worked here: another message, another content, no content", () => {
  expect(skips({ seqwatch: stamp }, second, heldOf({ sequence: 8 }))).toBe(false);
  expect(skips({ seqwatch: stamp }, second, heldOf(), Buffer.from("forged"))).toBe(false);
  const guard = new DuplicateGuard();
  guard.processed(guard.markOf(heldOf(), undefined, {}));
  expect(guard.mustSkip(heldOf(), guard.markOf(heldOf(), undefined, second), second)).toBe(false);
});

test("a dead letter that came back runs, and everything after a sign of a store that forgot", () => {
  expect(skips({ seqwatch: stamp }, { ...second, "x-death": [] })).toBe(false);
  expect(skips({ seqwatch: stamp }, second, heldOf({ isDoubted: true }))).toBe(false);
});

test.each([["0"], ["02"], ["2 "], ["1000"], [2], [null]])("a copy number of %j tells nothing", (header) => {
  expect(skips({ seqwatch: stamp }, { seqwatch: stamp, "seqwatch-copy": header })).toBe(false);
  expect(skips({ seqwatch: stamp, "seqwatch-copy": header }, second)).toBe(false);
});
