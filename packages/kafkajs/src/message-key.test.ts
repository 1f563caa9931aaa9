import { originHeader, stampHeader } from "@seqwatch/core";
import { expect, test } from "vitest";
import { messageKey } from "./message-key.ts";

const stamp = "1.AAAAAAAAAAA.BBBBBBBB.7";
const copyStamp = "1.CCCCCCCCCCC.DDDDDDDD.1";

test("every copy of a message has its key, also one that came by way of another topic", () => {
  expect(messageKey({ headers: { [stampHeader]: Buffer.from(stamp) } })).toBe(stamp);
  expect(messageKey({ headers: { [stampHeader]: copyStamp, [originHeader]: stamp } })).toBe(stamp);
});

test("a message without a stamp has no key", () => {
  expect(messageKey({})).toBeUndefined();
  expect(messageKey({ headers: null })).toBeUndefined();
  expect(messageKey({ headers: { [stampHeader]: "mine" } })).toBeUndefined();
});
