import { visible } from "@seqwatch/core";
import type { Static } from "typebox";
import { type findingSchema, findingsPage } from "../api/schemas.ts";
import { exitCodes } from "./cli-error.ts";
import { placeOf, shortIdOf } from "./finding-text.ts";
import type { Answer, Ask } from "./run-cli.ts";
import { clip, colored, figure, type Terminal } from "./terminal.ts";

type FindingView = Static<typeof findingSchema>;

export interface FindingOptions {
  readonly state?: string;
  readonly verdict?: string;
  readonly system?: string;
  readonly destination?: string;
  readonly group?: string;
  readonly limit: number;
}

/** What is missing, the newest change first. */
export async function showFindings({ api, terminal }: Ask, { limit, ...filter }: FindingOptions): Promise<Answer> {
  const { state, verdict, system, destination, group } = filter;
  const findings: FindingView[] = [];
  let hasMore = false;
  for await (const page of api.pages("/api/v1/findings", findingsPage, {
    state,
    verdict,
    system,
    destination,
    group,
  })) {
    findings.push(...page.findings.slice(0, limit - findings.length));
    hasMore = page.next !== undefined || page.findings.length > limit;
    if (findings.length >= limit) break;
  }
  return {
    json: [
      ...findings.map((finding) => ({ kind: "finding", ...finding })),
      { kind: "summary", findings: findings.length, hasMore },
    ],
    lines: [
      ...findings.flatMap((finding) => linesOf(finding, terminal)),
      ...(findings.length === 0 ? ["No findings."] : []),
      ...(hasMore ? [terminal.colors.dim(`There are more: --limit ${2 * limit} shows them.`)] : []),
    ],
    exitCode: exitCodes.fine,
  };
}

/** Two lines: what happened where, and by what name it can be explained. */
function linesOf(finding: FindingView, { columns, colors }: Terminal): readonly string[] {
  const { state, verdict, cause, messageCount, references } = finding;
  const what = state === "in-doubt" && cause !== undefined ? cause : verdict;
  const head = `${state.padEnd(10)} ${figure(messageCount).padStart(6)}  ${what.padEnd(22)} `;
  const first = clip(`${head}${visible(placeOf(finding))}`, columns);
  const names = references.slice(0, 3).map(visible).join(", ") + (references.length > 3 ? ", …" : "");
  const second = `  ${finding.changedAt.slice(0, 19)}Z  ${shortIdOf(finding)}`;
  return [
    colored(state, first.slice(0, state.length), colors) + first.slice(state.length),
    colors.dim(names === "" ? second : `${second}  ${clip(names, Math.max(8, columns - second.length - 2))}`),
  ];
}
