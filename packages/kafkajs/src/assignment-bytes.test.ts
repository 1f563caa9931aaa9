import { AssignerProtocol } from "kafkajs";
import { expect, test } from "vitest";
import { isAssigned } from "./assignment-bytes.ts";

const bytes = AssignerProtocol.MemberAssignment.encode({
  version: 1,
  assignment: { orders: [0, 7], "zahlungen-ä": [3] },
  userData: Buffer.from("kept"),
});

test("an assignment names its partitions and no others", () => {
  expect(isAssigned(bytes, { topic: "orders", partition: 7 })).toBe(true);
  expect(isAssigned(bytes, { topic: "orders", partition: 3 })).toBe(false);
  expect(isAssigned(bytes, { topic: "zahlungen-ä", partition: 3 })).toBe(true);
  expect(isAssigned(bytes, { topic: "payments", partition: 0 })).toBe(false);
});

test("what cannot be read says nothing: no bytes, an end in the middle, another protocol's", () => {
  for (const odd of [undefined, "text", Buffer.alloc(0), bytes.subarray(0, 9), Buffer.from("00017fffffff", "hex")]) {
    expect(isAssigned(odd, { topic: "orders", partition: 7 })).toBeUndefined();
  }
});
