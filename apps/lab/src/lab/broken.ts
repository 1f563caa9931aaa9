import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { complaintAbout, replacingEnvironment, replacingFlag } from "@seqwatch/testkit/replaced-source";
import { LabError } from "../lab-error.ts";
import type { BrokenRule, Scenario } from "./scenario.ts";

/**
 * `red`: what it was to show was not so, which proves that it can fail. `green`: nobody noticed. `broke`: its play ended by
 * an error, e.g. a server that did not start or a wait in vain, which proves nothing; unless the rule announces that error.
 */
type BrokenState = "red" | "green" | "broke";

/** What a row came to with its rule taken out. */
export interface BrokenResult {
  readonly id: string;
  readonly rule: string;
  readonly state: BrokenState;
  /** What was said without the rule, by state and verdict. */
  readonly said: unknown;
  readonly differences: readonly string[];
}

/**
 * Plays one row in processes from whose sources its rule was taken out, with an auditor and a Redis of its own. The
 * brokers are those of `settings` where it leaves them calm, else its own too.
 */
export async function runBroken(
  { id, broken }: Scenario,
  settings: Readonly<Record<string, string>>,
): Promise<BrokenResult> {
  const complaint = complaintAbout(broken);
  if (complaint !== undefined) throw new LabError("LAB_BAD_INPUT", `${id}: ${complaint}`);
  const child = spawn(
    process.execPath,
    ["--conditions=@seqwatch/source", fileURLToPath(new URL("cli.ts", import.meta.url)), `=${id}`, "--json"],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        ...settings,
        ...replacingEnvironment(broken),
        // Reaches the auditor and the row's processes too.
        NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} ${replacingFlag}`,
      },
    },
  );
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.once("close", resolve));
  const result = output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): unknown => JSON.parse(line))
    .find((line) => typeof line === "object" && line !== null && "exact" in line && "id" in line);
  return { id, rule: broken.rule, ...judgeBroken(broken, result, output) };
}

/** Reads the line that the row wrote; undefined = it wrote none. */
export function judgeBroken(
  { mayThrow }: BrokenRule,
  result: unknown,
  output: string,
): Pick<BrokenResult, "state" | "said" | "differences"> {
  if (typeof result !== "object" || result === null || !("exact" in result)) {
    return {
      state: "broke",
      said: {},
      differences: [`It could not be played without its rule. ${output.slice(-2_000)}`],
    };
  }
  const differences =
    "differences" in result && Array.isArray(result.differences) ? result.differences.map(String) : [];
  const said = "said" in result ? result.said : {};
  if (result.exact === true) return { state: "green", said, differences };
  const failure = "failure" in result ? String(result.failure) : undefined;
  const isMeant = failure === undefined || (mayThrow !== undefined && failure.includes(mayThrow));
  return { state: isMeant ? "red" : "broke", said, differences };
}
