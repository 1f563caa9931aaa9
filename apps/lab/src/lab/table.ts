import { writeFileSync } from "node:fs";
import { quickness } from "../words.ts";
import type { ScenarioResult } from "./scenario.ts";

const file = new URL("../../../../docs/lab.md", import.meta.url);

/** Writes docs/lab.md: what each row came to in this run. */
export function writeTable(results: readonly ScenarioResult[]): void {
  const rows = results.map(
    ({ id, title, said, silent, exact, delayMs }) =>
      `| ${id} | ${title} | ${saidText(said, silent)} | ${exact ? "yes" : "**no**"} | ${delayMs > 0 ? quickness(delayMs) : ""} |`,
  );
  writeFileSync(file, `${head}${rows.join("\n")}\n`);
}

const head = `# The lab

Every way to lose or to double a message, on real servers, and what Seqwatch says of it. Written by
\`npm run lab -- --table\`, or \`npm run lab -- all --table\` with the rows about the audit's own trouble and about growth;
\`npm run lab -- P1\` plays one row again, \`npm run lab -- P1 --broken\` takes out of the
product the rule that it stands on and shows that it then fails. *Exact*: the messages named are those that the row's own
book says, with this verdict, and no others. *Delay*: from the loss to the last finding.

| row | scenario | said | exact | delay |
| --- | --- | --- | --- | --- |
`;

function saidText(said: ScenarioResult["said"], silent: ScenarioResult["silent"]): string {
  const parts = Object.entries(said).map(([text, messages]) => `${messages} ${text}`);
  if (silent !== undefined) parts.push(`nothing of ${silent.messages} lost (${silent.reason})`);
  return parts.length === 0 ? "nothing" : parts.join(", ");
}
