import type { ClientWatch } from "@seqwatch/core";

/** Troubles that clients had with their reports, added up over clients that come and go: totals that never fall. */
export class ClientTotals {
  #known = new Map<string, { readonly errors: number; readonly dropped: number }>();
  reportErrors = 0;
  reportsDropped = 0;

  book(watch: ClientWatch): void {
    const known = new Map<string, { readonly errors: number; readonly dropped: number }>();
    for (const [clientId, { sign }] of watch.clients) {
      const before = this.#known.get(clientId) ?? { errors: 0, dropped: 0 };
      this.reportErrors += Math.max(0, sign.reportErrorCount - before.errors);
      this.reportsDropped += Math.max(0, sign.droppedReportCount - before.dropped);
      known.set(clientId, { errors: sign.reportErrorCount, dropped: sign.droppedReportCount });
    }
    this.#known = known;
  }
}
