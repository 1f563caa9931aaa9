import { createColors } from "picocolors";
import { count, quickness } from "../words.ts";
import type { BrokenResult } from "./broken.ts";
import { paceLines, paceOf } from "./pace.ts";
import type { Scenario, ScenarioResult } from "./scenario.ts";

/** The end of a run, as machines read it. */
interface LabSummary {
  readonly scenarios: number;
  readonly exact: number;
  readonly falseLosses: number;
  readonly missedLosses: number;
  readonly skipped: readonly SkippedRow[];
}

/** A row that this machine has no servers for: the run goes on without it, and has failed in the end. */
interface SkippedRow {
  readonly id: string;
  readonly reason: string;
}

/** Where a run tells what happens. */
export interface Report {
  listed(scenario: Scenario): void;
  step(text: string): void;
  began(scenario: Scenario): void;
  ended(result: ScenarioResult): void;
  skipped(row: SkippedRow): void;
  broken(result: BrokenResult): void;
  results(): readonly ScenarioResult[];
  /** Tells it and gives it back. */
  summary(): LabSummary;
}

interface Sink {
  write(text: string): unknown;
}

/** Lines of JSON; nothing else may stand there. */
export function jsonReport(to: Sink): Report {
  const results: ScenarioResult[] = [];
  const skipped: SkippedRow[] = [];
  const line = (value: object): void => void to.write(`${JSON.stringify(value)}\n`);
  return {
    listed: ({ id, title, broken }) => line({ kind: "listed", id, title, rule: broken.rule }),
    step: () => undefined,
    began: () => undefined,
    ended: (result) => {
      results.push(result);
      line({ kind: "scenario", ...result, pace: paceOf([result.pace]) });
    },
    skipped: (row) => {
      skipped.push(row);
      line({ kind: "skipped", ...row });
    },
    broken: (result) => line({ kind: "broken", ...result }),
    results: () => results,
    summary: () => {
      const summary = summarize(results, skipped);
      line({ kind: "summary", ...summary, ...delaysOf(results), pace: paceOf(results.map(({ pace }) => pace)) });
      return summary;
    },
  };
}

/** For people: a line a row, and under it what is wrong. */
export function textReport(to: Sink, hasColors: boolean): Report {
  const results: ScenarioResult[] = [];
  const skipped: SkippedRow[] = [];
  const { green, red, dim, bold } = createColors(hasColors);
  const line = (text: string): void => void to.write(`${text}\n`);
  const mark = (isGood: boolean): string => (isGood ? green("✓") : red("✗"));
  return {
    listed: ({ id, title }) => line(`${bold(id.padEnd(12))} ${title}`),
    step: (text) => line(dim(`  ${text}`)),
    began: ({ id, title }) => line(dim(`  ${id} ${title} …`)),
    ended: (result) => {
      results.push(result);
      line(`${mark(result.exact)} ${bold(result.id.padEnd(12))} ${result.title}`);
      line(dim(`    ${result.seconds} s; ${saidText(result)}`));
      for (const difference of result.differences) line(red(`    ${difference}`));
    },
    skipped: (row) => {
      skipped.push(row);
      line(red(`- ${row.id.padEnd(12)} skipped. ${row.reason}`));
    },
    broken: ({ id, rule, state, differences }) => {
      line(`${mark(state === "red")} ${bold(id.padEnd(12))} ${brokenWords[state]} without: ${rule}`);
      for (const difference of differences.slice(0, 1)) line(dim(`    ${difference}`));
    },
    results: () => results,
    summary: () => {
      const summary = summarize(results, skipped);
      const { delayP50Ms, delayP99Ms } = delaysOf(results);
      line("");
      line(
        `${bold(`${count(summary.exact)} of ${count(summary.scenarios)} exact`)}, ${summary.falseLosses} false, ${summary.missedLosses} missed, ${skipped.length} skipped`,
      );
      line(`from the loss to the finding: median ${quickness(delayP50Ms)}, p99 ${quickness(delayP99Ms)}`);
      for (const text of paceLines(results.map(({ pace }) => pace))) line(text);
      return summary;
    },
  };
}

const brokenWords: Readonly<Record<BrokenResult["state"], string>> = {
  red: "goes red",
  green: "stays green",
  broke: "broke, which proves nothing,",
};

function saidText({ said, silent, delayMs, figures }: ScenarioResult): string {
  const parts = Object.entries(said).map(([text, messages]) => `${count(messages)} ${text}`);
  const own = Object.entries(figures).map(([name, value]) => `${name} ${count(Math.round(value))}`);
  const delay = delayMs > 0 ? [`after ${quickness(delayMs)}`] : [];
  const unsaid = silent === undefined ? [] : [`nothing said of ${count(silent.messages)} lost: ${silent.reason}`];
  return [parts.length === 0 ? "nothing said" : parts.join(", "), ...unsaid, ...delay, ...own].join("; ");
}

function summarize(results: readonly ScenarioResult[], skipped: readonly SkippedRow[]): LabSummary {
  const sum = (of: (result: ScenarioResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  return {
    scenarios: results.length,
    exact: results.filter(({ exact }) => exact).length,
    falseLosses: sum(({ falseLosses }) => falseLosses),
    missedLosses: sum(({ missedLosses }) => missedLosses),
    skipped,
  };
}

/** How long it took from a loss to its finding, over the rows that had one. */
function delaysOf(results: readonly ScenarioResult[]): { readonly delayP50Ms: number; readonly delayP99Ms: number } {
  const delays = results
    .map(({ delayMs }) => delayMs)
    .filter((ms) => ms > 0)
    .sort((a, b) => a - b);
  const at = (share: number): number => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))] ?? 0;
  return { delayP50Ms: at(0.5), delayP99Ms: at(0.99) };
}
