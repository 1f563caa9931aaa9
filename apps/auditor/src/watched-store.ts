import type { Lane, LaneRecord, Store } from "@seqwatch/core";

export interface StoreWatcher {
  /** How long the store took, rejected or not. */
  answered(operation: string, seconds: number): void;
  readLane(lane: Lane, snapshot: LaneRecord): void;
}

/** The same store, with a look at how long it takes and at the lanes that are read from it. */
export function watchStore(store: Store, watcher: StoreWatcher): Store {
  const timed = async <Value>(operation: string, ask: () => Promise<Value>): Promise<Value> => {
    const beganAtMs = performance.now();
    try {
      return await ask();
    } finally {
      watcher.answered(operation, (performance.now() - beganAtMs) / 1_000);
    }
  };
  return {
    kind: store.kind,
    reportLedger: (lane, report) => timed("reportLedger", () => store.reportLedger(lane, report)),
    reportTestimony: (lane, report) => timed("reportTestimony", () => store.reportTestimony(lane, report)),
    reportDeliveries: (lane, report) => timed("reportDeliveries", () => store.reportDeliveries(lane, report)),
    signClient: (sign) => timed("signClient", () => store.signClient(sign)),
    signConsumers: (cluster, queue, signs) => timed("signConsumers", () => store.signConsumers(cluster, queue, signs)),
    doubtQueue: (cluster, queue, token) => timed("doubtQueue", () => store.doubtQueue(cluster, queue, token)),
    readVersions: () => timed("readVersions", () => store.readVersions()),
    readLane: async (lane) => {
      const snapshot = await timed("readLane", () => store.readLane(lane));
      watcher.readLane(lane, snapshot);
      return snapshot;
    },
    readQueue: (cluster, queue) => timed("readQueue", () => store.readQueue(cluster, queue)),
    readClients: () => timed("readClients", () => store.readClients()),
    writeNotes: (lane, notes) => timed("writeNotes", () => store.writeNotes(lane, notes)),
    confirm: (lane, confirmations) => timed("confirm", () => store.confirm(lane, confirmations)),
    collect: (lane, collection) => timed("collect", () => store.collect(lane, collection)),
    saveFindings: (findings, auditorId) => timed("saveFindings", () => store.saveFindings(findings, auditorId)),
    readFindings: () => timed("readFindings", () => store.readFindings()),
    lease: (wish) => timed("lease", () => store.lease(wish)),
    announceLane: (lane) => timed("announceLane", () => store.announceLane(lane)),
    watchLanes: (announced) => store.watchLanes(announced),
    readSwitch: () => timed("readSwitch", () => store.readSwitch()),
    writeSwitch: (state) => timed("writeSwitch", () => store.writeSwitch(state)),
    watchSwitch: (changed) => store.watchSwitch(changed),
    readLife: () => timed("readLife", () => store.readLife()),
    readWarnings: () => timed("readWarnings", () => store.readWarnings()),
    close: () => store.close(),
  };
}
