import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), "utf8");

/** Where each row of SECURITY.md's table of limits stands in the code: file, and the constant's text before its value. */
const constants: Readonly<Record<string, readonly [string, RegExp]>> = {
  "digits of a stamp's sequence": ["packages/core/src/stamp.ts", /stampMaxLength = stampPrefixLength \+ (\d+)/],
  "known stream prefixes": ["packages/core/src/stamp-reader.ts", /knownPrefixLimit = ([\d_]+)/],
  "ranges of a set": ["packages/core/src/ledger-report.ts", /maxRanges = ([\d_]+)/],
  "chunks of a stream": ["packages/core/src/ledger-report.ts", /maxChunks = ([\d_]+)/],
  "brackets of a stream": ["packages/core/src/ledger-report.ts", /maxBrackets = ([\d_]+)/],
  "streams of one lane": ["packages/core/src/testimony-limits.ts", /maxHeldStreams = ([\d_]+)/],
  "streams of a producer": ["packages/kafkajs/src/streams.ts", /maxStreams = ([\d_]+)/],
  "lanes of a RabbitMQ consumer": ["packages/amqplib/src/queue-consumer.ts", /maxLanes = ([\d_]+)/],
  "deliveries of a channel": ["packages/core/src/unsettled.ts", /maxUnsettled = ([\d_]+)/],
  "bytes of a process's books": ["packages/core/src/memory-budget.ts", /maxBooksBytes = ([\d_ *]+)/],
  "references of a stream": ["packages/core/src/ledger-report.ts", /maxReferences = ([\d_]+)/],
  "characters of a reference": ["packages/kafkajs/src/references.ts", /maxTextLength = ([\d_]+)/],
  "characters of service": ["packages/client/src/options.ts", /maxTextLength = ([\d_]+)/],
  "characters of a line": ["packages/client/src/log-observer.ts", /maxLineLength = ([\d_]+)/],
  "internal errors": ["packages/client/src/self-protection.ts", /maxInternalErrors = ([\d_]+)/],
  "milliseconds in which": ["packages/client/src/self-protection.ts", /internalErrorWindowMs = ([\d_]+)/],
  "commands under way": ["packages/store-redis/src/connection.ts", /maxUnderWay = ([\d_]+)/],
  "milliseconds for a command": ["packages/store-redis/src/settings.ts", /commandTimeoutMs \?\? ([\d_]+)/],
  "findings in the store": ["packages/core/src/memory-store.ts", /findings: ([\d_]+)/],
  "findings in the auditor's memory": ["apps/auditor/src/desk.ts", /maxFindings = ([\d_]+)/],
  "bytes of a request": ["apps/auditor/src/api/server.ts", /bodyLimit: ([\d_ *]+)/],
  "milliseconds of a request": ["apps/auditor/src/api/server.ts", /requestTimeout: ([\d_]+)/],
  "rows of a page": ["apps/auditor/src/api/schemas.ts", /limit: Type\.Integer\(\{ minimum: 1, maximum: ([\d_]+)/],
  "rules of the switch": ["apps/auditor/src/api/schemas.ts", /ruleSchema, \{ maxItems: ([\d_]+)/],
  "characters of a text in telemetry": ["packages/otel/src/bounded.ts", /maxLength = ([\d_]+)/],
  "entries of a list in telemetry": ["packages/otel/src/bounded.ts", /maxItems = ([\d_]+)/],
};

const [, table = ""] = read("SECURITY.md").split("## Limits");
const [limits = ""] = table.split("## Least rights");
const rows = [...limits.matchAll(/^\| (?!what|---)(.+?) \| ([\d,]+) \|$/gm)].map(
  ([, what = "", most = ""]) => [what, Number(most.replaceAll(",", ""))] as const,
);

/** `256 * 1_024` as a number. */
function valueOf(text: string): number {
  return text.split("*").reduce((product, factor) => product * Number(factor.trim().replaceAll("_", "")), 1);
}

test("the page names every limit of this table, and no other", () => {
  const named = rows.map(([what]) => Object.keys(constants).find((name) => what.startsWith(name)) ?? what);
  expect(named.sort()).toEqual(Object.keys(constants).sort());
});

test.each(rows)("%s: %d, as in the code", (what, most) => {
  const [, place] = Object.entries(constants).find(([name]) => what.startsWith(name)) ?? [];
  const [, text = "nothing"] = place?.[1].exec(read(place[0])) ?? [];
  expect(valueOf(text)).toBe(most);
});
