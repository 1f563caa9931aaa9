import { createMemoryStore, type Lane, StreamLedger } from "@seqwatch/core";
import { expect, test } from "vitest";
import { EmbeddedAudit } from "./embedded-audit.ts";
import { createSystemHost } from "./host.ts";

test("a pass over many lanes lets the process do its own work in between", async () => {
  const store = createMemoryStore();
  for (let order = 0; order < 100; order += 1) {
    const lane: Lane = { system: "rabbitmq", cluster: "c", destination: "orders", partition: `order.${order}.created` };
    const ledger = new StreamLedger(lane, "AAAAAAAAAAA", { confirms: true });
    ledger.bookAcked(ledger.take(), 1);
    await store.reportLedger(lane, ledger.report({ clientId: "c", number: 1, nonce: "n", buildsOn: "" }, []));
  }
  // Every look at the clock costs a millisecond, as a lane may.
  let clockMs = 0;
  const audit = new EmbeddedAudit(store, { ...createSystemHost(), nowMs: () => (clockMs += 1) });
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  await audit.pass();
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});
