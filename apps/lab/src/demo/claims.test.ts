import { expect, test } from "vitest";
import type { ApiFinding } from "../auditor-api.ts";
import { toClaims } from "./claims.ts";

const finding: ApiFinding = {
  id: "f",
  system: "kafka",
  destination: "orders",
  partition: "3",
  producerId: "abcdefghijk",
  service: "orders-api",
  group: undefined,
  state: "confirmed",
  verdict: "produce.ack-missing",
  cause: undefined,
  sequences: { confirmed: "5-6", explained: "7" },
  messageCount: 2,
  messages: [
    { sequence: 5, reference: "orders-1:50" },
    { sequence: 6, reference: "orders-1:51" },
    { sequence: 7, reference: "orders-1:60" },
  ],
  openedAt: "2026-01-01T00:00:00.000Z",
  changedAt: "2026-01-01T00:00:01.000Z",
  history: [],
};

test("a finding in several states names as lost only what is confirmed", () => {
  const claims = toClaims([finding], new Map());
  expect([...claims.confirmed.keys()]).toEqual(["orders-1:50", "orders-1:51"]);
  expect(claims.unnamed).toEqual([]);
});

test("a finding that counts a message without its name makes the comparison fail", () => {
  const claims = toClaims([{ ...finding, messages: finding.messages.slice(1) }], new Map());
  expect(claims.unnamed).toHaveLength(1);
});

test("a message stays confirmed since the first time that it was", () => {
  const first = toClaims([finding], new Map());
  const later = toClaims([{ ...finding, changedAt: "2026-01-01T00:00:09.000Z" }], first.confirmed);
  expect(later.confirmed.get("orders-1:50")?.confirmedAtMs).toBe(Date.parse("2026-01-01T00:00:01.000Z"));
});

test("what is withdrawn is no longer claimed", () => {
  const first = toClaims([finding], new Map());
  const withdrawn = { ...finding, state: "withdrawn", sequences: { withdrawn: "5-6", explained: "7" } };
  expect(toClaims([withdrawn], first.confirmed).confirmed.size).toBe(0);
});

test("what one group leaves in doubt and the stream has settled is not in doubt", () => {
  const doubted = { ...finding, id: "g", group: "workers", state: "in-doubt", sequences: { "in-doubt": "5-7" } };
  expect([...toClaims([finding, doubted], new Map()).inDoubt]).toEqual(["orders-1:60"]);
});
