import { readFileSync, writeFileSync } from "node:fs";
import { format } from "node:util";

/** Which Lua files make a verb: the shared ones first. */
const verbs = {
  reportLedger: ["ranges", "record", "report-ledger"],
  reportTestimony: ["ranges", "record", "offsets", "report-testimony"],
  reportDeliveries: ["ranges", "record", "report-deliveries"],
  writeNotes: ["ranges", "record", "write-notes"],
  confirm: ["ranges", "record", "confirm"],
  collect: ["ranges", "record", "collect"],
  signConsumers: ["sign-consumers"],
  putNewer: ["put-newer"],
  saveFindings: ["save-findings"],
  lease: ["lease"],
} as const;

const folder = new URL("../src/lua/", import.meta.url);
const target = new URL("../src/scripts.gen.ts", import.meta.url);

/**
 * The module that carries the scripts. They travel as text in a module, not as files beside it, so that they are also
 * there in an application that a bundler made one file of.
 */
export function scriptsModule(): string {
  const lines = Object.entries(verbs).map(([verb, files]) =>
    format("  %s: %s,", verb, JSON.stringify(files.map(withoutComments).join("\n"))),
  );
  return [
    "// Made from src/lua by `node packages/store-redis/test/generate-scripts.ts`; a test holds the two together.",
    "",
    "/** The Lua text of every verb. */",
    "export const scripts = {",
    ...lines,
    "} as const;",
    "",
  ].join("\n");
}

/** The module as it is in the source tree. */
export function storedScriptsModule(): string {
  return readFileSync(target, "utf8");
}

function withoutComments(file: string): string {
  const text = readFileSync(new URL(`${file}.lua`, folder), "utf8");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("--"));
  return lines.join("\n");
}

if (import.meta.main) writeFileSync(target, scriptsModule());
