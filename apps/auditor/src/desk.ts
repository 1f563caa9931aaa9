import type { Finding, Store, SwitchState } from "@seqwatch/core";
import { everythingOn } from "@seqwatch/core";
import type { Figures } from "@seqwatch/otel";
import { isAllRecording } from "./api/switch-routes.ts";
import type { Auditor, PassSummary } from "./auditor.ts";
import { ClientTotals } from "./client-totals.ts";
import { FigureBook } from "./figure-book.ts";
import { FindingBook } from "./finding-book.ts";
import { AuditStatus } from "./status.ts";

/** Findings kept at hand; the store has all of them. */
const maxFindings = 50_000;
/** How often the store's switch and its own settings are looked at. */
const switchMs = 5_000;
const warningsMs = 60_000;

/** Everything that is known to the service and shown to people: findings, figures, health. It decides nothing. */
export class Desk {
  readonly findings = new FindingBook(maxFindings);
  readonly figureBook = new FigureBook();
  readonly status: AuditStatus;
  readonly #clientTotals = new ClientTotals();
  readonly #wallMs: () => number;
  #switch: SwitchState = everythingOn;
  #isAnyoneOff = false;
  #switchReadAtMs = Number.NEGATIVE_INFINITY;
  #warningsReadAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly passIntervalMs: number; readonly wallMs: () => number }) {
    this.status = new AuditStatus(options.passIntervalMs);
    this.#wallMs = options.wallMs;
  }

  bookAll(findings: readonly Finding[]): void {
    const oldestFirst = [...findings].sort((a, b) => a.changedAtMs - b.changedAtMs);
    for (const finding of oldestFirst) this.findings.book(finding);
  }

  passed(summary: PassSummary, auditor: Auditor, nowMs: number): void {
    this.status.passed(summary, nowMs, this.#wallMs());
    this.#clientTotals.book(auditor.clients);
    this.#isAnyoneOff = [...auditor.standings.values()].includes("off");
  }

  /** Looks now and then at what seldom changes. Rejects when the store does. */
  async lookAround(store: Store, nowMs: number): Promise<readonly string[]> {
    if (nowMs - this.#switchReadAtMs >= switchMs) {
      this.#switchReadAtMs = nowMs;
      this.#switch = await store.readSwitch();
    }
    if (nowMs - this.#warningsReadAtMs < warningsMs) return [];
    this.#warningsReadAtMs = nowMs;
    const warnings = await store.readWarnings();
    this.status.warned(warnings);
    return warnings;
  }

  figures(): Figures {
    return {
      messages: this.figureBook.messages(),
      streams: this.figureBook.streams(),
      findings: this.findings.figures(),
      isRecording: isAllRecording(this.#switch, this.#wallMs()) && !this.#isAnyoneOff,
      reportErrors: this.#clientTotals.reportErrors,
      reportsDropped: this.#clientTotals.reportsDropped,
      lastPassAtMs: this.status.lastPassAtMs,
    };
  }
}
