import { visibleJson } from "@seqwatch/core";
import { Command, CommanderError, Option } from "commander";
import { version } from "../version.ts";
import { ApiClient } from "./api-client.ts";
import { CliError, type ExitCode, exitCodes } from "./cli-error.ts";
import { explain } from "./explain.ts";
import { showFindings } from "./findings.ts";
import { showStatus } from "./status.ts";
import { showStreams } from "./streams.ts";
import { changeSwitch, type SwitchOptions, showSwitch } from "./switch.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

/** What the command has of its process, so that a test can be one. */
export interface CliHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly columns: number;
  readonly hasColors: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly userName: () => string;
  /** The wall clock. */
  readonly nowMs: () => number;
}

/** What a command needs to answer. */
export interface Ask {
  readonly api: ApiClient;
  readonly terminal: Terminal;
  readonly nowMs: () => number;
}

/** The answer of a command: lines for people, objects for programs (the last one is the summary), and how it ended. */
export interface Answer {
  readonly lines: readonly string[];
  readonly json: readonly object[];
  readonly exitCode: ExitCode;
}

interface CommonOptions {
  readonly url?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

const timeoutMs = 10_000;

/** Runs one command and returns how the process should end. It never throws. */
export async function runCli(args: readonly string[], host: CliHost): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.fine;
  const answer = async (find: (ask: Ask) => Promise<Answer>): Promise<void> => {
    const { url, json } = program.opts<CommonOptions>();
    const { environment } = host;
    const terminal = createTerminal(host.columns, host.hasColors);
    const api = new ApiClient({
      url: url ?? given(environment["SEQWATCH_AUDITOR_URL"]) ?? "http://127.0.0.1:7979",
      token: given(environment["SEQWATCH_TOKEN"]),
      timeoutMs,
    });
    const found = await find({ api, terminal, nowMs: host.nowMs });
    const lines = json === true ? found.json.map(visibleJson) : found.lines;
    host.out(lines.map((line) => `${line}\n`).join(""));
    exitCode = found.exitCode;
  };
  const program = createProgram(host, answer);
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    host.err(`${error instanceof CliError ? error.message : `seqwatch failed: ${String(error)}`}\n`);
    return error instanceof CliError ? error.exitCode : exitCodes.unreachable;
  }
}

type Answerer = (find: (ask: Ask) => Promise<Answer>) => Promise<void>;

function createProgram(host: CliHost, answer: Answerer): Command {
  const program = new Command("seqwatch")
    .description("Asks an auditor what was lost, why, and what to do about it.")
    .version(version)
    .option("--url <url>", "the auditor; else SEQWATCH_AUDITOR_URL, else http://127.0.0.1:7979")
    .option("--json", "one JSON object a line, the last one the summary")
    .addHelpText("after", helpText)
    .configureOutput({ writeOut: host.out, writeErr: host.err, getOutHelpWidth: () => 80, getErrHelpWidth: () => 80 })
    .exitOverride();
  addReaders(program, answer);
  addSwitch(program, host, answer);
  for (const command of [program, ...program.commands]) acceptCommonOptions(command, program);
  return program;
}

function addReaders(program: Command, answer: Answerer): void {
  program
    .command("status")
    .description("the whole at one glance; ends with 1 while a loss is confirmed or the audit is in trouble")
    .action(() => answer(showStatus));
  program
    .command("findings")
    .description("what is missing, the newest change first")
    .addOption(new Option("--state <state>", "confirmed, suspected, in-doubt, not-sent, explained or withdrawn"))
    .option("--verdict <verdict>", "produce.ack-missing, say")
    .addOption(new Option("--system <system>").choices(["kafka", "rabbitmq", "rocketmq"]))
    .option("--destination <name>", "a topic or an exchange")
    .option("--group <name>", "a consumer group or a queue")
    .option("--limit <count>", "at most so many", parseCount, 50)
    .action((options: Parameters<typeof showFindings>[1]) => answer((ask) => showFindings(ask, options)));
  program
    .command("explain")
    .argument("<finding...>", "its id, or parts of it that no other id holds")
    .description("why one finding was decided, who was concerned, and what to do, with commands to copy")
    .action((parts: readonly string[]) => answer((ask) => explain(ask, parts)));
  program
    .command("streams")
    .description("what became of the messages of each producer in each place")
    .addOption(new Option("--system <system>").choices(["kafka", "rabbitmq", "rocketmq"]))
    .option("--destination <name>", "a topic or an exchange")
    .option("--limit <count>", "at most so many", parseCount, 50)
    .action((options: Parameters<typeof showStreams>[1]) => answer((ask) => showStreams(ask, options)));
}

function addSwitch(program: Command, host: CliHost, answer: Answerer): void {
  program
    .command("switch")
    .argument("[on|off]", "without it the switch is shown")
    .description("what is recorded; off and on change it for all, or for one scope")
    .option("--service <name>", "this service alone")
    .option("--instance <client>", "this process alone, by its client id")
    .option("--destination <name>", "this topic or exchange alone")
    .option("--for <time>", "off for so long: 30s, 10m, 2h")
    .option("--reason <text>", "why, for those who see it")
    .option("--who <name>", "who; your own user name by default")
    .action((wanted: string | undefined, options: Omit<SwitchOptions, "who"> & { readonly who?: string }) =>
      answer((ask) =>
        wanted === undefined
          ? showSwitch(ask)
          : changeSwitch(ask, wanted, { ...options, who: options.who ?? host.userName() }),
      ),
    );
}

/** `seqwatch findings --json` means the same as `seqwatch --json findings`. */
function acceptCommonOptions(command: Command, program: Command): void {
  if (command === program) return;
  command
    .exitOverride()
    .addOption(new Option("--json", "one JSON object a line, the last one the summary").hideHelp())
    .addOption(new Option("--url <url>").hideHelp())
    .hook("preAction", (_, action) => {
      for (const name of ["json", "url"]) {
        const value: unknown = action.getOptionValue(name);
        if (value !== undefined) program.setOptionValue(name, value);
      }
    });
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new CliError(exitCodes.usage, `--limit is "${text}"; it takes a whole number from 1 to 999999.`);
}

/** A variable that is set to nothing is not set. */
function given(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}

const helpText = `
SEQWATCH_TOKEN is sent where the auditor wants one.
Ends with 0 = fine, 1 = bad news (status), 2 = a wrong command, 3 = no auditor, 4 = not found.`;
