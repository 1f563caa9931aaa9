import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";
import type { BrokenRule, Scenario } from "./scenario.ts";

const root = new URL("../../../../", import.meta.url);

/** What a row came to with its rule taken out. */
export interface BrokenResult {
  readonly id: string;
  readonly rule: string;
  /** It was not exact: so it can fail. */
  readonly isRed: boolean;
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
  assertFound(id, broken);
  const child = spawn(
    process.execPath,
    ["--conditions=@seqwatch/source", fileURLToPath(new URL("cli.ts", import.meta.url)), `=${id}`, "--json"],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        ...settings,
        LAB_BROKEN: JSON.stringify(broken),
        // Reaches the auditor and the row's processes too.
        NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --import=${new URL("break-rule.ts", import.meta.url).href}`,
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
  if (typeof result !== "object" || result === null || !("exact" in result)) {
    throw new LabError("LAB_WORKER_FAILED", `${id} could not be played without its rule.\n${output.slice(-2_000)}`);
  }
  const differences =
    "differences" in result && Array.isArray(result.differences) ? result.differences.map(String) : [];
  return { id, rule: broken.rule, isRed: result.exact === false, differences };
}

/** A rule that moved must be found again: else its row would prove nothing. */
export function assertFound(id: string, { file, from }: BrokenRule): void {
  const text = readFileSync(new URL(file, root), "utf8");
  const count = text.split(from).length - 1;
  if (count !== 1) {
    throw new LabError(
      "LAB_BAD_INPUT",
      `${id}: its rule is in ${file} ${count} times; name a text that is there once.`,
    );
  }
}
