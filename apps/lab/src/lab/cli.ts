// `npm run lab`: the catalogue of losses on real servers, and what Seqwatch says of each.
import { Command } from "commander";
import picocolors from "picocolors";
import { LabError } from "../lab-error.ts";
import { runBroken } from "./broken.ts";
import { loadScenarios, selectScenarios } from "./catalogue.ts";
import { jsonReport, type Report, textReport } from "./report.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { leavesBrokersCalm, runAll, runAllBroken } from "./schedule.ts";
import { hostSettings } from "./site.ts";
import { Sites } from "./sites.ts";
import { writeTable } from "./table.ts";

interface Given {
  readonly list?: boolean;
  readonly json?: boolean;
  readonly broken?: boolean;
  readonly table?: boolean;
  readonly repeat: string;
}

process.removeAllListeners("warning");
// amqplib and kafkajs may reject what nobody waits for when their server is taken away under them.
process.on("unhandledRejection", (error) => report.step(`unhandled: ${String(error)}`));
let report: Report = textReport(process.stderr, picocolors.isColorSupported);
let sites: Sites | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void (sites?.close() ?? Promise.resolve()).finally(() => process.exit(130)));
}
process.exitCode = await main().catch(async (error: unknown) => {
  const isKnown = error instanceof LabError;
  process.stderr.write(
    `${isKnown ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 1;
});
await sites?.close();
// A pipe may take its time, and the last line is the one that counts.
process.stdout.write("", () => process.exit());

async function main(): Promise<number> {
  const command = new Command("npm run lab --")
    .description("Every way to lose or double a message, on real servers, and what Seqwatch says of it.")
    .argument("[ids...]", "rows (P1, or =P1 without its twins), stages (P), or all; without any P, S, C and D")
    .option("--list", "only list them")
    .option("--repeat <times>", "play them so many times", "1")
    .option("--json", "lines of JSON on standard output; the last one is the summary")
    .option("--broken", "play each row with its rule taken out of the product: all of them must go red")
    .option("--table", "write docs/lab.md from this run; only of the whole catalogue or more, played once")
    .parse();
  const given = command.opts<Given>();
  report = given.json === true ? jsonReport(process.stdout) : textReport(process.stdout, picocolors.isColorSupported);
  const repeat = Number(given.repeat);
  if (!Number.isInteger(repeat) || repeat < 1 || repeat > 1_000) {
    throw new LabError("LAB_BAD_INPUT", `--repeat is "${given.repeat}". Give a whole number from 1 to 1000.`);
  }
  const all = await loadScenarios();
  const scenarios = selectScenarios(all, command.args);
  if (given.table === true && (scenarios.length < selectScenarios(all, []).length || repeat !== 1)) {
    throw new LabError("LAB_BAD_INPUT", "--table writes down whole runs, each row once. Run: npm run lab -- --table");
  }
  if (given.list === true) {
    for (const scenario of scenarios) report.listed(scenario);
    return 0;
  }
  return given.broken === true ? await playBroken(scenarios) : await play(scenarios, repeat, given.table === true);
}

async function play(scenarios: readonly Scenario[], repeat: number, isTabled: boolean): Promise<number> {
  sites = new Sites(scenarios, (line) => report.step(line));
  const opened = sites;
  for (let round = 0; round < repeat; round += 1) {
    await runAll(scenarios, async (scenario) => {
      const site = await opened.of(scenario).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        report.skipped({ id: scenario.id, reason: `Its servers could not be started: ${reason}` });
      });
      if (site === undefined) return;
      report.began(scenario);
      report.ended(await runScenario(scenario, site, (text) => report.step(`${scenario.id}: ${text}`)));
    });
  }
  const summary = report.summary();
  const isWhole = summary.skipped.length === 0;
  if (isTabled && isWhole) writeTable(report.results());
  return isWhole && summary.exact === summary.scenarios ? 0 : 1;
}

async function playBroken(scenarios: readonly Scenario[]): Promise<number> {
  const guests = scenarios.filter(leavesBrokersCalm);
  sites = new Sites(guests, (line) => report.step(line));
  const opened = sites;
  let isAllRed = true;
  await runAllBroken(scenarios, async (scenario) => {
    const isGuest = guests.length > 1 && guests.includes(scenario);
    const result = await runBroken(scenario, isGuest ? hostSettings(await opened.main()) : {});
    report.broken(result);
    isAllRed &&= result.state === "red";
  });
  return isAllRed ? 0 : 1;
}
