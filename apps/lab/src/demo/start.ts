// `npm start`: real traffic over local servers with real faults, and the truth beside what Seqwatch found.
import { Command, Option } from "commander";
import picocolors from "picocolors";
import { LabError } from "../lab-error.ts";
import { Demo, type DemoOptions } from "./demo.ts";
import { parseDurationMs } from "./duration.ts";
import { jsonOutput, lineOutput, type Output, screenOutput } from "./output.ts";

const write = (text: string): void => void process.stdout.write(text);
const { options, output } = readCommand();
// kafkajs asks for timers in the past, of which Node warns once: no news for this screen.
process.removeAllListeners("warning");
process.on("warning", ({ name, message }) => {
  if (name !== "TimeoutNegativeWarning") process.stderr.write(`${name}: ${message}\n`);
});
let ending: { readonly sinceMs: number; readonly done: Promise<void> } | undefined;
const demo = new Demo(options, (happening) => {
  // What is being taken apart makes no news.
  if (ending === undefined) output.happened(happening);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);

try {
  const summary = await demo.run();
  await end(summary.holds ? 0 : 1, () => output.finished(summary));
} catch (error) {
  const text =
    error instanceof LabError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  await end(1, () => {
    output.stopped("The demo itself failed.", undefined);
    process.stderr.write(`${text}\n`);
  });
}

/** Ctrl-C. Pressed again it does not wait: the workers and the servers end with this process, whatever they do. */
function interrupt(): void {
  // From a terminal the signal comes twice: to the whole process group, and passed on by the command that started this.
  if (ending !== undefined && performance.now() - ending.sinceMs > 1_000) process.exit(130);
  void end(130, () => output.stopped("Stopped.", demo.summary));
}

/** Stops everything, then says the last word. Only the first call counts. */
async function end(code: number, say: () => void): Promise<void> {
  ending ??= { sinceMs: performance.now(), done: stopAndSay(code, say) };
  return await ending.done;
}

async function stopAndSay(code: number, say: () => void): Promise<void> {
  await demo.stop().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  say();
  // A pipe may take its time, and the last line is the one that counts.
  process.stdout.write("", () => process.exit(code));
}

function readCommand(): { readonly options: DemoOptions; readonly output: Output } {
  const command = new Command("npm start --")
    .description("Real traffic over local servers with real faults, and the truth beside what Seqwatch found.")
    .option("--for <time>", "end after so long, e.g. 90s, with exit code 0 if every lost message was found")
    .option("--json", "lines of JSON on standard output; the last one is the summary")
    .option("--redis-kill-at <time>", "kill Redis so long after the start of the traffic")
    .option("--redis-down <time>", "how long Redis then stays away", "30s")
    .option("--toggles <number>", "switch recording off and on again, so many times in all", "0")
    .addOption(
      new Option("--on-ack-missing <what>", "what a send does when the broker's answer leaves messages out")
        .choices(["report", "reject", "resend"])
        .default("report"),
    )
    .option("--logs <folder>", "keep there what every process says")
    .parse();
  const given = command.opts<Record<string, string | undefined> & { readonly json?: boolean }>();
  try {
    return { options: parseOptions(given), output: chooseOutput(given.json === true) };
  } catch (error) {
    if (error instanceof LabError) command.error(error.message);
    throw error;
  }
}

function parseOptions(given: Readonly<Record<string, string | boolean | undefined>>): DemoOptions {
  const duration = (name: string): number | undefined => {
    const text = given[name];
    return typeof text === "string" ? parseDurationMs(text) : undefined;
  };
  const toggleCount = Number(given["toggles"]);
  if (!Number.isInteger(toggleCount) || toggleCount < 0 || toggleCount > 1_000) {
    throw new LabError(
      "LAB_BAD_INPUT",
      `--toggles is "${String(given["toggles"])}". Give a whole number from 0 to 1000.`,
    );
  }
  const { onAckMissing, logs } = given;
  return {
    forMs: duration("for"),
    redisKillAtMs: duration("redisKillAt"),
    redisDownMs: duration("redisDown"),
    toggleCount,
    onAckMissing: onAckMissing === "reject" || onAckMissing === "resend" ? onAckMissing : "report",
    logFolder: typeof logs === "string" ? logs : undefined,
  };
}

function chooseOutput(isJson: boolean): Output {
  if (isJson) return jsonOutput(write);
  return process.stdout.isTTY ? screenOutput(process.stdout, picocolors.isColorSupported) : lineOutput(write);
}
