import type { Health } from "./api/health-routes.ts";
import type { PassSummary } from "./auditor.ts";

/** What the auditor knows of its own health. Times are monotonic but for the one that people read. */
export class AuditStatus {
  readonly #staleMs: number;
  #passedAtMs: number | undefined;
  #lastPassAtMs: number | undefined;
  #trouble: string | undefined;
  #warnings: readonly string[] = [];
  #laneCount = 0;

  constructor(passIntervalMs: number) {
    this.#staleMs = Math.max(10_000, 5 * passIntervalMs);
  }

  get lastPassAtMs(): number | undefined {
    return this.#lastPassAtMs;
  }

  passed(summary: PassSummary, nowMs: number, wallMs: number): void {
    this.#passedAtMs = nowMs;
    this.#lastPassAtMs = wallMs;
    this.#laneCount = summary.lanes;
    this.#trouble = undefined;
  }

  failed(error: unknown): void {
    this.#trouble = error instanceof Error ? error.message : String(error);
  }

  warned(warnings: readonly string[]): void {
    this.#warnings = warnings;
  }

  health(nowMs: number): Health {
    const reasons: string[] = [];
    if (this.#trouble !== undefined) reasons.push(`The store could not be read: ${this.#trouble}`);
    if (this.#passedAtMs === undefined) reasons.push("No pass has ended yet.");
    else if (nowMs - this.#passedAtMs > this.#staleMs)
      reasons.push(`The last pass ended ${Math.round((nowMs - this.#passedAtMs) / 1_000)} s ago.`);
    return { reasons, warnings: this.#warnings, lastPassAtMs: this.#lastPassAtMs, laneCount: this.#laneCount };
  }
}
