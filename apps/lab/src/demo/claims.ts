import type { ApiFinding } from "../auditor-api.ts";

/** A message that a confirmed finding names, and when it did. */
export interface Claim {
  readonly name: string;
  readonly verdict: string;
  readonly confirmedAtMs: number;
}

/** What Seqwatch says, message by message, as far as it can be compared with the book. */
export interface Claims {
  readonly confirmed: ReadonlyMap<string, Claim>;
  readonly inDoubt: ReadonlySet<string>;
  /** Neither decided nor given up: looked at again at each pass. */
  readonly suspectedCount: number;
  /** Messages that a finding counts and does not name: a comparison by name would be worth nothing. */
  readonly unnamed: readonly Unnamed[];
}

/** A finding that does not say what all of its messages are called. */
interface Unnamed {
  readonly state: NamedState;
  readonly text: string;
}

/** The states in which the demo wants to know a message by name. */
type NamedState = (typeof namedStates)[number];
const namedStates = ["confirmed", "in-doubt"] as const;

/** Gathers what findings say. `earlier` keeps the time at which each message was first said to be lost. */
export function toClaims(findings: readonly ApiFinding[], earlier: ReadonlyMap<string, Claim>): Claims {
  const confirmed = new Map<string, Claim>();
  const inDoubt = new Set<string>();
  const unnamed: Unnamed[] = [];
  let suspectedCount = 0;
  for (const finding of findings) {
    suspectedCount += countIn(finding, "suspected");
    for (const name of namesIn(finding, "confirmed")) {
      confirmed.set(name, earlier.get(name) ?? claimOf(finding, name));
    }
    for (const name of namesIn(finding, "in-doubt")) inDoubt.add(name);
    unnamed.push(...namedStates.flatMap((state) => unnamedIn(finding, state)));
  }
  // What one group's finding leaves open, the finding for all groups may have settled.
  for (const name of confirmed.keys()) inDoubt.delete(name);
  return { confirmed, inDoubt, suspectedCount, unnamed };
}

function unnamedIn(finding: ApiFinding, state: NamedState): readonly Unnamed[] {
  const missing = countIn(finding, state) - namesIn(finding, state).length;
  if (missing === 0) return [];
  return [{ state, text: `${finding.id}: ${missing} of its ${state} messages have no name` }];
}

function claimOf(finding: ApiFinding, name: string): Claim {
  return { name, verdict: finding.verdict, confirmedAtMs: Date.parse(finding.changedAt) };
}

function namesIn(finding: ApiFinding, state: string): readonly string[] {
  const ranges = parseRanges(finding.sequences[state]);
  return finding.messages
    .filter(({ sequence }) => ranges.some(([first, last]) => sequence >= first && sequence <= last))
    .map(({ reference }) => reference);
}

function countIn(finding: ApiFinding, state: string): number {
  return parseRanges(finding.sequences[state]).reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** `5-6,9` */
function parseRanges(text: string | undefined): readonly (readonly [number, number])[] {
  if (text === undefined || text === "") return [];
  return text.split(",").map((range) => {
    const [first, last] = range.split("-");
    return [Number(first), Number(last ?? first)];
  });
}
