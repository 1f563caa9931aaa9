import { visible } from "@seqwatch/core";
import type { Static } from "typebox";
import { findingSchema, findingsPage } from "../api/schemas.ts";
import type { ApiClient } from "./api-client.ts";
import { CliError, exitCodes } from "./cli-error.ts";
import { placeOf, shortIdOf } from "./finding-text.ts";
import type { Answer, Ask } from "./run-cli.ts";
import { type Colors, clip, colored, listed, many, type Terminal, wrap } from "./terminal.ts";

type FindingView = Static<typeof findingSchema>;
type InstanceView = NonNullable<FindingView["producer"]>;

/** All that is known of one finding, for a person who has never seen one. */
export async function explain({ api, terminal }: Ask, parts: readonly string[]): Promise<Answer> {
  const id = await findId(api, parts);
  const finding = await api.get(`/api/v1/findings/${encodeURIComponent(id.toWellFormed())}`, findingSchema);
  return {
    json: [
      { kind: "finding", ...finding },
      { kind: "summary", findings: 1 },
    ],
    lines: linesOf(finding, terminal),
    exitCode: exitCodes.fine,
  };
}

const maxListed = 8;

/** The one id that holds all parts; an id that is one of the parts as a whole wins. */
async function findId(api: ApiClient, parts: readonly string[]): Promise<string> {
  const found: FindingView[] = [];
  for await (const page of api.pages("/api/v1/findings", findingsPage, {})) {
    for (const finding of page.findings) {
      if (parts.includes(finding.id)) return finding.id;
      if (parts.every((part) => finding.id.includes(part))) found.push(finding);
    }
  }
  const [first, ...others] = found;
  const asked = visible(parts.join(" "));
  if (first === undefined)
    throw new CliError(exitCodes.notFound, `No finding has "${asked}" in its id. \`seqwatch findings\` lists them.`);
  if (others.length === 0) return first.id;
  const names = found
    .slice(0, maxListed)
    .map((finding) => `  ${shortIdOf(finding)}  ${clip(visible(placeOf(finding)), 40)}`);
  const more = found.length > maxListed ? `\n  and ${found.length - maxListed} more` : "";
  throw new CliError(
    exitCodes.notFound,
    `${found.length} findings have "${asked}" in their ids:\n${names.join("\n")}${more}`,
  );
}

function linesOf(finding: FindingView, { columns, colors }: Terminal): readonly string[] {
  const section = (name: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ["", colors.bold(name), ...lines];
  const list = (texts: readonly string[]) => texts.flatMap((text) => listed(visible(text), columns));
  return [
    ...wrap(`${many(finding.messageCount, "message")} ${finding.state}: ${finding.verdict}`, columns).map((line) =>
      colored(finding.state, line, colors),
    ),
    ...wrap(visible(placeOf(finding)), columns),
    "",
    ...wrap(visible(finding.decidedBy), columns),
    ...(finding.isUnattributed
      ? wrap("No record of the log was read: that it is lost is certain, at which stage is not.", columns)
      : []),
    ...section("Which", list(whichOf(finding))),
    ...section("Why", list(finding.facts)),
    ...section("Who", list(whoOf(finding))),
    ...section("Beside it", list(finding.neighbours.map(neighbourText))),
    ...section("What to do", stepLines(finding, columns, colors)),
    ...section("So far", list(finding.history.map(({ state, at }) => `${at} ${state}`))),
    "",
    ...wrap(`More: ${finding.docs}`, columns).map((line) => colors.dim(line)),
    colors.dim(visible(finding.id)),
  ];
}

function whichOf({ sequences, offsets, messages, references, cause, producerId }: FindingView): readonly string[] {
  const named =
    messages.length > 0 ? messages.map(({ sequence, reference }) => `${reference} (${sequence})`) : references;
  return [
    ...(cause === undefined ? [] : [`cause of the doubt: ${cause}`]),
    ...Object.entries(sequences).map(
      ([state, text]) => `${state}: ${text.replaceAll(",", ", ")} of stream ${producerId}`,
    ),
    ...(offsets === undefined ? [] : [`at offsets ${offsets.low} to ${offsets.high}`]),
    ...(named.length === 0
      ? []
      : [
          `called ${named.slice(0, maxNamed).join(", ")}${named.length > maxNamed ? ` and ${named.length - maxNamed} more` : ""}`,
        ]),
  ];
}

const maxNamed = 40;

function whoOf({ producer, consumers }: FindingView): readonly string[] {
  return [
    ...(producer === undefined ? [] : [`sent by ${nameOf(producer)}`]),
    ...consumers.map((consumer) => `consumed by ${nameOf(consumer)}`),
  ];
}

function nameOf({ service, instance, pid, clientId }: InstanceView): string {
  // By default an instance is called HOST:PID.
  const isSaid = pid === undefined || instance?.endsWith(`:${pid}`) === true;
  const where = [instance, isSaid ? undefined : `pid ${pid}`, `client ${clientId}`].filter(
    (part) => part !== undefined,
  );
  return `${service === "" ? "an unnamed service" : service} (${where.join(", ")})`;
}

function neighbourText({ sequence, offset, timestamp, traceparent }: FindingView["neighbours"][number]): string {
  const parts = [`sequence ${sequence}`];
  if (offset !== undefined) parts.push(`at offset ${offset}`);
  if (timestamp !== undefined) parts.push(`of ${timestamp}`);
  if (traceparent !== undefined) parts.push(`in trace ${traceparent.split("-")[1] ?? traceparent}`);
  return parts.join(" ");
}

/** Commands are never wrapped: they are there to be copied. */
function stepLines({ nextSteps }: FindingView, columns: number, colors: Colors): readonly string[] {
  return nextSteps.flatMap(({ text, command }, at) => [
    ...listed(visible(text), columns, `${at + 1}. `),
    ...(command === undefined ? [] : command.text.split("\n").map((line) => `   ${colors.cyan(visible(line))}`)),
  ]);
}
