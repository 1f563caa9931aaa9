import type { Claim } from "./names.ts";
import type { Expected, Said } from "./scenario.ts";

/** What findings say beside what they should. */
export interface Comparison {
  readonly exact: boolean;
  readonly falseLosses: number;
  /** Lost, and not confirmed where they had to be, or not spoken of at all. */
  readonly missedLosses: number;
  /** Lost, and nothing is said of them, as the row has it: with its reason. */
  readonly silent?: { readonly messages: number; readonly reason: string };
  /** Confirmed messages by verdict. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Messages by state and verdict or cause. */
  readonly said: Readonly<Record<string, number>>;
  /** When the last of the messages was confirmed that had to be; undefined when none had to be. */
  readonly confirmedAtMs: number | undefined;
  readonly differences: readonly string[];
}

/** What has to be accounted for. What turned up again, or was meant so, is nobody's trouble unless a row asks for it. */
const spokenStates: ReadonlySet<string> = new Set(["confirmed", "in-doubt", "suspected", "not-sent", "withdrawn"]);
/** A loss is spoken of when anybody who reads the findings learns of it: also as one that is explained. */
const tellingStates: ReadonlySet<string> = new Set(["confirmed", "in-doubt", "not-sent", "explained"]);
const maxNamesShown = 3;

/** Compares by name. `everConfirmed` are the names that any finding confirmed at any time, also where it took it back. */
export function compare(claims: readonly Claim[], expected: Expected, everConfirmed: ReadonlySet<string>): Comparison {
  const lost = new Set(expected.lost);
  const wanted = expected.says.map((said) => ({ said, names: new Set(said.names) }));
  const allowed = [...wanted, ...(expected.may ?? []).map((said) => ({ said, names: new Set(said.names) }))];
  const byName = Map.groupBy(claims, ({ name }) => name);
  const differences: string[] = [];
  for (const { said, names } of wanted) {
    if (names.size === 0 && said.mayBeEmpty === undefined) {
      differences.push(`the fault took nothing: no message is there to be said to be ${textOf(said)}`);
    }
    const missing = [...names].filter((name) => !(byName.get(name) ?? []).some((claim) => agrees(claim, said)));
    if (missing.length > 0) {
      differences.push(`not said to be ${textOf(said)}: ${listed(missing)}${elsewhere(missing, byName)}`);
    }
  }
  const surplus = claims.filter(
    (claim) =>
      spokenStates.has(claim.state) && !allowed.some(({ said, names }) => names.has(claim.name) && agrees(claim, said)),
  );
  for (const [text, some] of Map.groupBy(surplus, claimText)) {
    differences.push(`said to be ${text}, which nobody expects: ${listed(some.map(({ name }) => name))}`);
  }
  const isTold = (name: string): boolean => (byName.get(name) ?? []).some(({ state }) => tellingStates.has(state));
  const unsayable = new Set(expected.silent?.names);
  const untold = [...lost].filter((name) => !isTold(name) && !unsayable.has(name));
  if (untold.length > 0) differences.push(`lost, and nothing is said of it: ${listed(untold)}`);
  const silent = [...lost].filter((name) => !isTold(name) && unsayable.has(name));
  const falselyNamed = [...everConfirmed].filter((name) => !lost.has(name));
  if (falselyNamed.length > 0) differences.push(`confirmed and not lost: ${listed(falselyNamed)}`);
  const confirmed = new Map(claims.filter(({ state }) => state === "confirmed").map((claim) => [claim.name, claim]));
  const due = wanted.filter(({ said }) => said.state === "confirmed").flatMap(({ names }) => [...names]);
  const times = due.flatMap((name) => confirmed.get(name)?.sinceMs ?? []);
  return {
    exact: differences.length === 0,
    falseLosses: falselyNamed.length,
    missedLosses: new Set([...untold, ...due.filter((name) => lost.has(name) && !confirmed.has(name))]).size,
    ...(expected.silent && { silent: { messages: silent.length, reason: expected.silent.reason } }),
    verdicts: countBy([...confirmed.values()], ({ verdict }) => verdict),
    said: countBy(claims, claimText),
    confirmedAtMs: times.length === 0 ? undefined : Math.max(...times),
    differences,
  };
}

function agrees(claim: Claim, said: Said): boolean {
  if (claim.state !== said.state) return false;
  if (said.verdict !== undefined && claim.verdict !== said.verdict) return false;
  if (said.cause !== undefined && claim.cause !== said.cause) return false;
  return said.group === undefined || claim.group === (said.group ?? undefined);
}

function textOf({ state, verdict, cause, group }: Said): string {
  const parts = [state, verdict, cause && `(${cause})`, group === null ? "for all groups" : group && `for ${group}`];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

function claimText({ state, verdict, cause }: Claim): string {
  return cause === undefined ? `${state} ${verdict}` : `${state} ${verdict} (${cause})`;
}

/** What is said of them instead. */
function elsewhere(names: readonly string[], byName: ReadonlyMap<string, readonly Claim[]>): string {
  const claims = names.flatMap((name) => byName.get(name) ?? []);
  const counts = Object.entries(countBy(claims, claimText)).map(([text, count]) => `${count} ${text}`);
  return counts.length === 0 ? "" : `; instead: ${counts.join(", ")}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxNamesShown).join(", ");
  return names.length > maxNamesShown ? `${names.length} (${shown}, …)` : `${names.length} (${shown})`;
}

function countBy<T>(all: readonly T[], key: (one: T) => string): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(all, key)].map(([text, some]) => [text, some.length]));
}
