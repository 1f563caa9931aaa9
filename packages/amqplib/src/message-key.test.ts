import { expect, test } from "vitest";
import { messageKey } from "./message-key.ts";

const stamp = "1.AAAAAAAAAAA.AAAAAA.7";

test("a message without a stamp has no key", () => {
  expect(messageKey({ properties: { headers: undefined } })).toBeUndefined();
  expect(messageKey({ properties: { headers: { seqwatch: "damaged" } } })).toBeUndefined();
  expect(messageKey({ properties: { headers: { other: stamp } } })).toBeUndefined();
});
