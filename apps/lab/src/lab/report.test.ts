import { expect, test } from "vitest";
import { jsonReport, textReport } from "./report.ts";

test("a row that could not be played is told with its reason, and again in the summary", () => {
  const lines: string[] = [];
  const report = jsonReport({ write: (text) => lines.push(text) });
  const row = { id: "S14", reason: "Its servers could not be started: no rabbitmq-server." };
  report.skipped(row);
  expect(report.summary()).toMatchObject({ scenarios: 0, exact: 0, skipped: [row] });
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { kind: "skipped", ...row },
    { kind: "summary", skipped: [row] },
  ]);
});

test("people read how many rows were skipped beside how many were exact", () => {
  const lines: string[] = [];
  const report = textReport({ write: (text) => lines.push(text) }, false);
  report.skipped({ id: "S14", reason: "No rabbitmq-server." });
  report.summary();
  expect(lines.join("")).toContain("0 of 0 exact, 0 false, 0 missed, 1 skipped");
});
