import type { Store } from "@seqwatch/core";
import { afterEach, beforeEach, describe } from "vitest";
import { describeAudit } from "./describe-audit.ts";
import { describeCollection } from "./describe-collection.ts";
import { describeDeliveries } from "./describe-deliveries.ts";
import { describeLeases } from "./describe-leases.ts";
import { describeLedger } from "./describe-ledger.ts";
import { describeShared } from "./describe-shared.ts";
import { describeTestimony } from "./describe-testimony.ts";

/**
 * The contract of the `Store` port. `createStore` gives a store that holds nothing; each test gets one of its own, and
 * closes it.
 */
export function describeStore(name: string, createStore: () => Promise<Store>): void {
  // oxlint-disable-next-line vitest/valid-title
  describe(name, () => {
    let store: Store | undefined;
    const current = (): Store => {
      if (store === undefined) throw new Error("No store was created for this test.");
      return store;
    };
    beforeEach(async () => {
      store = await createStore();
    });
    afterEach(async () => {
      await store?.close();
      store = undefined;
    });
    describe("ledgers", () => {
      describeLedger(current);
    });
    describe("testimony", () => {
      describeTestimony(current);
    });
    describe("deliveries", () => {
      describeDeliveries(current);
    });
    describe("the auditor", () => {
      describeAudit(current);
    });
    describe("collection", () => {
      describeCollection(current);
    });
    describe("leases", () => {
      describeLeases(current);
    });
    describe("what is shared", () => {
      describeShared(current);
    });
  });
}
