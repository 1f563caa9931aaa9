import type { DoubtCause, Finding, Verdict } from "./finding.ts";
import { stepsByCause } from "./next-steps-cause.ts";
import { stepsByVerdict } from "./next-steps-verdict.ts";

/** Every verdict and every cause of doubt: each has a heading of its own in docs/verdicts.md. */
export const documentedNames: readonly (Verdict | DoubtCause)[] = [
  ...namesOf<Verdict>(stepsByVerdict),
  ...namesOf<DoubtCause>(stepsByCause),
];

/** Where a finding is explained: of what is in doubt the cause, of everything else the verdict. */
export function docsOf({ state, verdict, cause }: Pick<Finding, "state" | "verdict" | "cause">): string {
  return docsOfName(state === "in-doubt" && cause !== undefined ? cause : verdict);
}

/** The entry of one verdict or cause. Markdown renderers make an anchor of a heading by leaving out its dots. */
export function docsOfName(name: Verdict | DoubtCause): string {
  return `docs/verdicts.md#${name.replaceAll(".", "")}`;
}

function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] {
  // Both tables are exhaustive, and TypeScript knows the keys of an object as texts only.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.keys(table) as Name[];
}
