import { visible } from "@seqwatch/core";
import type { Static } from "typebox";
import { coverageReply, statusReply } from "../api/schemas.ts";
import { exitCodes } from "./cli-error.ts";
import type { Answer, Ask } from "./run-cli.ts";
import { type Colors, colored, figure, listed, many, table } from "./terminal.ts";

type Status = Static<typeof statusReply>;
type Blind = Static<typeof coverageReply>["blind"];

/** What a person asks first: is anything lost, and can the answer be relied on. */
export async function showStatus({ api, terminal }: Ask): Promise<Answer> {
  const status = await api.get("/api/v1/status", statusReply);
  // What two names of one cluster keep apart is in no figure: it has to be asked for.
  const { blind } = await api.get("/api/v1/coverage", coverageReply);
  const { columns, colors } = terminal;
  const isAlarm = !status.isReady || lostIn(status) > 0;
  return {
    json: [{ kind: "summary", ...status, blind }],
    lines: [
      verdictOf(status, blind, colors),
      "",
      ...table(figuresOf(status), columns, [1]),
      "",
      ...findingLines(status, columns, colors),
      ...[...status.reasons, ...status.warnings, ...blind.map(({ text }) => text)].flatMap((text) =>
        listed(visible(text), columns, "! "),
      ),
    ],
    exitCode: isAlarm ? exitCodes.alarm : exitCodes.fine,
  };
}

/** Blind or off is said first: a zero that nobody looked for is no good news. */
function verdictOf(status: Status, blind: Blind, colors: Colors): string {
  const lost = lostIn(status);
  const notSent = countIn(status, "not-sent");
  const apart = notSent === 0 ? "" : ` ${many(notSent, "message")} never sent.`;
  if (!status.isReady) return colors.red("The audit is in trouble; figures may be old.");
  if (lost > 0) return colors.red(`${many(lost, "message")} lost.`) + apart;
  const offCount = blind.filter(({ reason }) => reason === "off-by-itself").length;
  if (offCount > 0)
    return colors.red(
      `Nothing known to be lost, but ${many(offCount, "client")} went off after internal errors.${apart}`,
    );
  if (!status.isRecording) return colors.yellow(`Nothing known to be lost, but something is switched off.${apart}`);
  if (status.streams.blind + blind.length > 0)
    return colors.yellow(`Nothing known to be lost, but some streams are blind.${apart}`);
  return colors.green("Nothing lost.") + apart;
}

function figuresOf(status: Status): readonly string[][] {
  const { messages, streams, lanes, lastPassAt, isRecording, store, version, auditors } = status;
  const share = auditors > 1 ? `, one of ${auditors}` : "";
  return [
    ["sent", figure(messages["sent"] ?? 0), "since the auditor started"],
    ["processed", figure(messages["processed"] ?? 0), "by all groups together"],
    ["duplicated", figure(messages["duplicated"] ?? 0), "stored or published twice"],
    ["streams", figure(streams.active), `${figure(streams.blind)} blind, in ${many(lanes, "lane")}`],
    ["recording", isRecording ? "yes" : "no", isRecording ? "" : "seqwatch switch shows what is off"],
    ["auditor", version, `store ${store}${share}, last pass ${lastPassAt ?? "never"}`],
  ];
}

function findingLines(status: Status, columns: number, colors: Colors): readonly string[] {
  if (status.findings.length === 0) return ["No findings are open."];
  const rows = status.findings.map(({ state, findings, messages }) => [state, figure(findings), figure(messages)]);
  const [head = "", ...lines] = table([["open", "findings", "messages"], ...rows], columns, [1, 2]);
  return [colors.dim(head), ...lines.map((line, at) => colored(status.findings[at]?.state ?? "", line, colors))];
}

function lostIn(status: Status): number {
  return countIn(status, "confirmed");
}

function countIn({ findings }: Status, wanted: string): number {
  return findings.find(({ state }) => state === wanted)?.messages ?? 0;
}
