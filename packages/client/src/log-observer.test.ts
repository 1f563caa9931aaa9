import type { Finding } from "@seqwatch/core";
import { expect, test } from "vitest";
import { createFakeHost } from "../test/fake-host.ts";
import { createLogObserver } from "./log-observer.ts";

const hostile = '\u001b[2J\u009b31m\u202Edlog\n\r\u2028\u0000"quoted" ';

/** A finding whose every name somebody else has chosen. */
function findingNamed(name: string): Finding {
  return {
    id: name,
    lane: { system: "kafka", cluster: name, destination: name, partition: name },
    producerId: name,
    group: name,
    state: "confirmed",
    verdict: "store.missing",
    cause: undefined,
    sequences: { confirmed: [1, 1] },
    offsets: undefined,
    decidedBy: name,
    references: [name, name],
    producer: undefined,
    neighbours: [],
    openedAtMs: 0,
    changedAtMs: 0,
    history: [],
  };
}

test("names are one line of a log, and nothing in it is obeyed or hidden by a terminal", () => {
  const host = createFakeHost();
  const observer = createLogObserver(host);
  observer.finding(findingNamed(hostile));
  observer.notice({ kind: "internal-error", where: hostile, error: new Error(hostile) });
  observer.notice({ kind: "warning", code: "CODE", text: hostile });
  expect(host.lines).toHaveLength(3);
  for (const line of host.lines) {
    expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(line).toContain("\\u{1b}[2J\\u{9b}31m\\u{202e}dlog\\u{a}");
  }
});

test("a name of any length makes a line of bounded length", () => {
  const host = createFakeHost();
  createLogObserver(host).finding(findingNamed("x".repeat(10_240)));
  expect(host.lines[0]?.length).toBeLessThan(2_100);
});
