import { expect, test } from "vitest";
import { type ClientWatch, lookAtClients, noClients, standingsOf, storeUnreachable } from "./client-watch.ts";
import type { ClientSign } from "./store.ts";

const lifeSignMs = 10_000;

function signOf(number: number, state: ClientSign["state"] = "open"): ClientSign {
  return {
    clientId: "client",
    number,
    service: "orders-api",
    instance: "host-1",
    pid: 1,
    version: "0.1.0",
    system: "kafka",
    state,
    roles: [],
    reportErrorCount: 0,
    droppedReportCount: 0,
  };
}

/** Looks at the times given, each with the sign that the store then holds; "away" = the store does not answer. */
function watchOver(looks: readonly (readonly [number, ClientSign | "gone" | "away"])[]): ClientWatch {
  let watch = noClients;
  for (const [atMs, sign] of looks) {
    watch = sign === "away" ? storeUnreachable(watch) : lookAtClients(watch, sign === "gone" ? [] : [sign], atMs);
  }
  return watch;
}

const standing = (watch: ClientWatch) => standingsOf(watch, lifeSignMs).get("client");

test("a client whose number rises is alive however old the auditor is", () => {
  expect(
    standing(
      watchOver([
        [0, signOf(1)],
        [9_999, signOf(2)],
        [19_998, signOf(2)],
      ]),
    ),
  ).toBe("alive");
});

test("a client whose number stands still for the time of a life sign is silent", () => {
  expect(
    standing(
      watchOver([
        [0, signOf(1)],
        [5_000, signOf(1)],
        [10_000, signOf(1)],
      ]),
    ),
  ).toBe("silent");
});

test("a client that is first seen now is alive, however high its number", () => {
  expect(standing(watchOver([[50_000, signOf(900)]]))).toBe("alive");
});

test("the time in which the store did not answer makes nobody silent", () => {
  const watch = watchOver([
    [0, signOf(1)],
    [1_000, signOf(1)],
    [2_000, "away"],
    [60_000, signOf(1)],
    [61_000, signOf(1)],
  ]);
  expect(standing(watch)).toBe("alive");
});

test("a sign that vanished from the store falls silent instead of being forgotten", () => {
  expect(
    standing(
      watchOver([
        [0, signOf(1)],
        [5_000, "gone"],
        [10_000, "gone"],
      ]),
    ),
  ).toBe("silent");
});

test("a number that fell is a sign of life too: the store was emptied, the client was not", () => {
  expect(
    standing(
      watchOver([
        [0, signOf(7)],
        [9_000, signOf(1)],
        [12_000, signOf(1)],
      ]),
    ),
  ).toBe("alive");
});

test("a client that closed is closed for good", () => {
  expect(
    standing(
      watchOver([
        [0, signOf(1, "closed")],
        [60_000, signOf(1, "closed")],
      ]),
    ),
  ).toBe("closed");
});

test("a client that is off is off while it signs, and silent when it stops", () => {
  expect(
    standing(
      watchOver([
        [0, signOf(1, "off")],
        [5_000, signOf(1, "off")],
      ]),
    ),
  ).toBe("off");
  expect(
    standing(
      watchOver([
        [0, signOf(1, "off")],
        [10_000, signOf(1, "off")],
      ]),
    ),
  ).toBe("silent");
});

test("a client that nobody heard of for two hours is forgotten", () => {
  expect(
    standing(
      watchOver([
        [0, signOf(1)],
        [1, "gone"],
        [7_200_000, "gone"],
      ]),
    ),
  ).toBeUndefined();
});
