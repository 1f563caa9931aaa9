import { expect, test } from "vitest";
import { type CountingChannel, QueueCounter } from "./queue-counter.ts";

/** The broker's own words, as amqplib passes them on. */
const refusals = {
  absent: "404 (NOT-FOUND) with message \"NOT_FOUND - no queue 'orders' in vhost '/'\"",
  away: "404 (NOT-FOUND) with message \"NOT_FOUND - home node 'rabbit@b' of durable queue 'orders' in vhost '/' is down or inaccessible\"",
} as const;

function refusing(message: string): QueueCounter {
  const channel: CountingChannel = {
    checkQueue: async () => Promise.reject(Object.assign(new Error(message), { code: 404 })),
    close: async () => undefined,
    on: () => undefined,
  };
  const connection = { createChannel: async () => channel, close: async () => undefined, on: () => undefined };
  return new QueueCounter({ connect: async () => connection, timeoutMs: 1_000, warn: () => undefined });
}

test.each(["absent", "away"] as const)("a queue that is %s is told by the broker's words", async (kind) => {
  expect(await refusing(refusals[kind]).count("orders", () => 0)).toEqual({ kind });
});
