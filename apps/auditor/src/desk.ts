import {
  everythingOn,
  type Finding,
  findNamedTwice,
  type Lane,
  type LaneKey,
  type LaneRecord,
  laneKeyOf,
  lanesNamedAlike,
  type Store,
  type SwitchState,
  textOfNamedTwice,
} from "@seqwatch/core";
import type { Figures } from "@seqwatch/otel";
import { isAllRecording } from "./api/switch-routes.ts";
import type { Auditor, PassSummary } from "./auditor.ts";
import { ClientTotals } from "./client-totals.ts";
import { FigureBook } from "./figure-book.ts";
import { FindingBook } from "./finding-book.ts";
import type { LaneLeases } from "./lane-leases.ts";
import { AuditStatus } from "./status.ts";

/** Findings kept at hand; the store has all of them. */
const maxFindings = 50_000;
/** How often the store's switch and its own settings are looked at. */
const switchMs = 5_000;
const warningsMs = 60_000;
/** How often lanes that differ by the cluster's name alone are compared, and how many of them. */
const namesMs = 5_000;
const maxNamesRead = 200;
/** How often the findings of other auditors are read, at most. */
const othersMs = 1_000;

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
  #storeWarnings: readonly string[] = [];
  #nameWarnings: readonly string[] = [];
  #savedCount = 0;
  #othersReadAtMs = Number.NEGATIVE_INFINITY;
  #namesReadAtMs = Number.NEGATIVE_INFINITY;

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
    this.#storeWarnings = await store.readWarnings();
    this.status.warned([...this.#storeWarnings, ...this.#nameWarnings]);
    return this.#storeWarnings;
  }

  /** Findings of the lanes that other auditors look after, for whoever asks this one. Rejects when the store does. */
  async lookAtOthers(of: {
    readonly store: Pick<Store, "readFindings">;
    readonly auditor: Pick<Auditor, "owns">;
    readonly leases: Pick<LaneLeases, "auditorCount" | "savedCount">;
    readonly nowMs: number;
  }): Promise<void> {
    const { store, auditor, leases, nowMs } = of;
    const { auditorCount, savedCount } = leases;
    if (auditorCount === 1 || savedCount === this.#savedCount || nowMs - this.#othersReadAtMs < othersMs) return;
    this.#savedCount = savedCount;
    this.#othersReadAtMs = nowMs;
    const findings = await store.readFindings();
    this.bookAll(findings.filter(({ lane }) => !auditor.owns(laneKeyOf(lane))));
  }

  /** Looks for destinations whose cluster is named twice: what nobody audits has to be seen. Rejects when the store does. */
  async lookAtNames(store: Pick<Store, "readLane">, laneKeys: Iterable<LaneKey>, nowMs: number): Promise<void> {
    if (nowMs - this.#namesReadAtMs < namesMs) return;
    this.#namesReadAtMs = nowMs;
    const looks: { readonly lane: Lane; readonly record: LaneRecord }[] = [];
    for (const lane of lanesNamedAlike(laneKeys).slice(0, maxNamesRead)) {
      looks.push({ lane, record: await store.readLane(lane) });
    }
    this.#nameWarnings = findNamedTwice(looks).map(textOfNamedTwice);
    this.status.warned([...this.#storeWarnings, ...this.#nameWarnings]);
  }

  /** With the findings of some lanes only, where that is asked for. */
  figures(isCounted?: (key: LaneKey) => boolean): Figures {
    return {
      messages: this.figureBook.messages(),
      streams: this.figureBook.streams(),
      findings: this.findings.figures(isCounted),
      isRecording: isAllRecording(this.#switch, this.#wallMs()) && !this.#isAnyoneOff,
      reportErrors: this.#clientTotals.reportErrors,
      reportsDropped: this.#clientTotals.reportsDropped,
      lastPassAtMs: this.status.lastPassAtMs,
    };
  }
}
