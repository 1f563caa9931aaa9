import { spawn } from "node:child_process";
import { once } from "node:events";
import { complaintAbout, isSourceReplaced, replacingEnvironment, replacingFlag } from "../../replaced-source/index.ts";
import { mutants } from "./catalogue.ts";

/**
 * Starts this very command again with a bug planted in the product, and returns its exit code; undefined in the process
 * that has the bug: there the command goes on.
 */
export async function playPlanted(id: string): Promise<number | undefined> {
  if (isSourceReplaced()) return undefined;
  const mutant = mutants.find((one) => one.id === id);
  if (mutant === undefined) throw new TypeError(`No mutant is called "${id}".`);
  const complaint = complaintAbout(mutant);
  if (complaint !== undefined) throw new TypeError(`${id}: ${complaint}`);
  const child = spawn(process.execPath, [...process.execArgv, replacingFlag, ...process.argv.slice(1)], {
    stdio: "inherit",
    // Workers inherit both.
    env: { ...process.env, ...replacingEnvironment(mutant) },
  });
  const [code]: readonly unknown[] = await once(child, "close");
  return typeof code === "number" ? code : 1;
}
