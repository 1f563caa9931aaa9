import type { Replacement } from "../../replaced-source/index.ts";
import { mixesOf, type Play } from "../campaign/play.ts";

/** A bug planted in the product: one clause of a rule is taken out, and a simulation has to notice. */
export interface Mutant extends Replacement {
  readonly id: string;
  readonly caughtBy: Catch;
}

/** Where it has to be noticed: in one of the runs with the seeds 1 to `seeds`. */
export interface Catch extends Omit<Play, "seed" | "mix" | "messages"> {
  readonly seeds: number;
  /** Of each run; 1,500 where not said. */
  readonly messages?: number;
}

/** What became of one. */
export interface MutantResult {
  readonly id: string;
  readonly rule: string;
  /** The first seed at which the simulation went red; undefined = it survived. */
  readonly caughtAt: number | undefined;
  /** What was wrong there. */
  readonly how: string;
  readonly runs: number;
  readonly seconds: number;
}

const defaultMessages = 1_500;

/** Its runs, in the order in which they are played: dense ones, with the faults that it names or that the seeds draw. */
export function playsOf({ caughtBy: { seeds, messages = defaultMessages, ...play } }: Mutant): readonly Play[] {
  const { mixes } = mixesOf[play.system];
  return Array.from({ length: seeds }, (_, at) => {
    const mix = (play.given === undefined ? mixes[at % mixes.length] : mixes[0]) ?? "";
    return { ...play, mix, messages, seed: at + 1 };
  });
}
