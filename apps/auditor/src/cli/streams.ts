import { visible } from "@seqwatch/core";
import type { Static } from "typebox";
import { type streamSchema, streamsPage } from "../api/schemas.ts";
import { exitCodes } from "./cli-error.ts";
import { placeOf } from "./finding-text.ts";
import type { Answer, Ask } from "./run-cli.ts";
import { clip, figure, type Terminal } from "./terminal.ts";

type StreamView = Static<typeof streamSchema>;

export interface StreamOptions {
  readonly system?: string;
  readonly destination?: string;
  readonly limit: number;
}

/** What became of the messages of each producer in each place. */
export async function showStreams(
  { api, terminal }: Ask,
  { limit, system, destination }: StreamOptions,
): Promise<Answer> {
  const streams: StreamView[] = [];
  let hasMore = false;
  for await (const page of api.pages("/api/v1/streams", streamsPage, { system, destination })) {
    hasMore = page.next !== undefined || page.streams.length > limit - streams.length;
    streams.push(...page.streams.slice(0, limit - streams.length));
    if (streams.length >= limit) break;
  }
  return {
    json: [
      ...streams.map((stream) => ({ kind: "stream", ...stream })),
      { kind: "summary", streams: streams.length, hasMore },
    ],
    lines: [
      ...streams.flatMap((stream) => linesOf(stream, terminal)),
      ...(streams.length === 0 ? ["No streams."] : []),
      ...(hasMore ? [terminal.colors.dim(`There are more: --limit ${2 * limit} shows them.`)] : []),
    ],
    exitCode: exitCodes.fine,
  };
}

function linesOf(stream: StreamView, { columns, colors }: Terminal): readonly string[] {
  const { producerId, service, standing, assigned, acked, isEnded, confirms, groups } = stream;
  const who = `${service ?? producerId} ${isEnded ? "(ended)" : `(${standing ?? "unknown"})`}`;
  const more = [
    ["left out", stream.omitted],
    ["uncertain", stream.uncertain],
    ["not sent", stream.notSent],
    ["lost", stream.lost],
  ] as const;
  const said = more.filter(([, count]) => count > 0).map(([name, count]) => `, ${figure(count)} ${name}`);
  const confirmed = confirms ? `${figure(acked)} acknowledged` : "without confirms";
  return [
    clip(`${visible(placeOf(stream))}  ${visible(who)}`, columns),
    clip(`  ${producerId}  ${figure(assigned)} stamped, ${confirmed}${said.join("")}`, columns),
    ...groups.map((group) => colors.dim(clip(`  → ${groupText(group)}`, columns))),
  ];
}

function groupText({
  group,
  processed,
  rejected,
  duplicated,
  lost,
  openMembers,
}: StreamView["groups"][number]): string {
  const parts = [`${figure(processed)} processed`];
  if (rejected > 0) parts.push(`${figure(rejected)} rejected`);
  if (duplicated > 0) parts.push(`${figure(duplicated)} twice`);
  if (lost > 0) parts.push(`${figure(lost)} lost`);
  parts.push(`${openMembers} open`);
  return `${visible(group)}: ${parts.join(", ")}`;
}
