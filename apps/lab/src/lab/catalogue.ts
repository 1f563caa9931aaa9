import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";
import type { Scenario } from "./scenario.ts";

const folder = new URL("../scenarios/", import.meta.url);

/** The letters of the catalogue that run when nobody names any. */
const usualStages = ["P", "S", "C", "D"];

/** All rows: one a file, in the catalogue's order. A file may be a folder of words about one row, so names decide. */
export async function loadScenarios(): Promise<readonly Scenario[]> {
  const files = readdirSync(fileURLToPath(folder)).filter(
    (name) => /^[a-z]+\d+.*\.ts$/.test(name) && !name.endsWith(".test.ts"),
  );
  const loaded = await Promise.all(files.map(loadScenario));
  return loaded.sort((a, b) => compareIds(a.id, b.id));
}

export async function findScenario(id: string): Promise<Scenario> {
  const found = (await loadScenarios()).find((scenario) => scenario.id === id);
  if (found === undefined) throw new LabError("LAB_BAD_INPUT", `There is no scenario ${id}.`);
  return found;
}

/** Rows by id, with their twins (`P1`) or alone (`=P1`), or by stage (`P`); without any, the usual stages; `all` is everything there is. */
export function selectScenarios(all: readonly Scenario[], wishes: readonly string[]): readonly Scenario[] {
  if (wishes.some((wish) => wish.toLowerCase() === "all")) return all;
  const asked = wishes.length === 0 ? usualStages : wishes;
  for (const wish of asked) {
    if (!all.some((scenario) => isMeant(scenario, wish))) {
      throw new LabError("LAB_BAD_INPUT", `There is no scenario "${wish}". See them with: npm run lab -- --list`);
    }
  }
  return all.filter((scenario) => asked.some((wish) => isMeant(scenario, wish)));
}

function isMeant({ id }: Scenario, wish: string): boolean {
  const asked = wish.toUpperCase();
  const own = id.toUpperCase();
  if (asked.startsWith("=")) return own === asked.slice(1);
  return own === asked || own.startsWith(`${asked}.`) || own.replace(/\d.*$/, "") === asked;
}

async function loadScenario(file: string): Promise<Scenario> {
  const loaded: unknown = await import(new URL(file, folder).href);
  if (typeof loaded === "object" && loaded !== null && "scenario" in loaded) {
    // What a file of this folder exports under that name is typed where it is written.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return loaded.scenario as Scenario;
  }
  throw new LabError("LAB_BAD_INPUT", `scenarios/${file} has no export named "scenario".`);
}

/** P2 before P10, S after P, a twin after its row. */
function compareIds(a: string, b: string): number {
  const stages = "PSCD";
  const rank = (id: string): number => (stages.indexOf(id.charAt(0)) + stages.length + 1) % (stages.length + 1);
  return rank(a) - rank(b) || a.localeCompare(b, "en", { numeric: true });
}
