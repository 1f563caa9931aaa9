import { complaintAbout } from "../../replaced-source/index.ts";
import { mutants, unshown } from "./catalogue.ts";
import type { Mutant, MutantResult } from "./mutant.ts";
import { runMutants } from "./run-mutants.ts";

/**
 * `npm run sim -- --mutants [ids]`: plants each bug and sees whether a simulation notices. Returns the exit code: 1 where
 * one survives. An id chooses all that begin with it.
 */
export async function playMutants(
  wishes: readonly string[],
  isJson: boolean,
  say: (line: string) => void,
): Promise<number> {
  const chosen = selectMutants(mutants, wishes);
  for (const mutant of chosen) {
    const complaint = complaintAbout(mutant);
    if (complaint !== undefined) throw new Error(`${mutant.id}: ${complaint}`);
  }
  const beganAtMs = performance.now();
  const results = await runMutants(chosen, (result) =>
    say(isJson ? JSON.stringify({ kind: "mutant", ...result }) : rowOf(result)),
  );
  const survivors = results.filter(({ caughtAt }) => caughtAt === undefined).map(({ id }) => id);
  const seconds = Number(((performance.now() - beganAtMs) / 1_000).toFixed(1));
  const caught = results.length - survivors.length;
  const summary = { kind: "summary", mutants: results.length, caught, survivors, seconds };
  say(isJson ? JSON.stringify(summary) : `${caught} of ${results.length} caught, in ${seconds} s`);
  return survivors.length === 0 ? 0 : 1;
}

/** Those whose ids begin with one of the wishes; without any all that have to be caught. */
function selectMutants(all: readonly Mutant[], wishes: readonly string[]): readonly Mutant[] {
  const unknown = wishes.find((wish) => !all.some(({ id }) => id.startsWith(wish)));
  if (unknown !== undefined) {
    throw new Error(`No mutant's id begins with "${unknown}". There are ${all.map(({ id }) => id).join(", ")}.`);
  }
  if (wishes.length === 0) return all.filter(({ id }) => !unshown.has(id));
  return all.filter(({ id }) => wishes.some((wish) => id.startsWith(wish)));
}

function rowOf({ id, rule, caughtAt, how, runs, seconds }: MutantResult): string {
  const fate = caughtAt === undefined ? `SURVIVED ${runs} runs` : `seed ${caughtAt}: ${how}`;
  return `${id.padEnd(34)} ${fate.padEnd(36)} ${`${seconds} s`.padStart(8)}  ${rule}`;
}
