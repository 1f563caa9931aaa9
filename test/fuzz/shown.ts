import { createMemoryStore, type Finding, noClients } from "@seqwatch/core";
import { createApi } from "../../apps/auditor/src/api/server.ts";
import { runCli } from "../../apps/auditor/src/cli/run-cli.ts";
import { FindingBook } from "../../apps/auditor/src/finding-book.ts";
import type { Random } from "../../packages/testkit/src/sim/rabbitmq/random.ts";
import { finding } from "../../packages/testkit/src/store/samples.ts";
import { hostileText } from "./hostile.ts";

const commands = [["findings"], ["findings", "--json"], ["explain", "#"], ["status"], ["streams"]];
/** Findings that are shown together. */
const pageSize = 50;

/** Shows so many findings with hostile names by the API and the CLI; returns what went wrong. */
export async function fuzzShown(runs: number, random: Random): Promise<readonly string[]> {
  const book = new FindingBook(maxKept);
  const wrong: string[] = [];
  const api = await createApi({
    token: undefined,
    findings: book,
    store: createMemoryStore(),
    laneKeys: () => [],
    clients: () => noClients,
    standings: () => new Map(),
    health: () => ({ reasons: [hostileLine], warnings: [hostileLine], lastPassAtMs: 0, laneCount: 0 }),
    auditorCount: () => 1,
    figures: () => ({
      messages: [],
      streams: [],
      findings: book.figures(),
      isRecording: true,
      reportErrors: 0,
      reportsDropped: 0,
      lastPassAtMs: 0,
    }),
    readMetrics: async () => "",
    wallMs: () => 0,
    failed: (where, error) => wrong.push(`${where}: ${error instanceof Error ? error.stack : String(error)}`),
  });
  try {
    const url = await api.listen({ host: "127.0.0.1", port: 0 });
    for (let shown = 0; shown < runs && wrong.length < maxTold; shown += pageSize) {
      for (let at = 0; at < pageSize; at += 1) book.book(hostileFinding(random, shown + at));
      for (const command of commands) wrong.push(...(await complaintsOf(command, url)));
      const page = await (await fetch(`${url}/api/v1/findings`)).text();
      if (/[<>&\u2028\u2029]/.test(page)) wrong.push("the API gave out markup that is not escaped");
    }
  } finally {
    await api.close();
  }
  return wrong.slice(0, maxTold);
}

const maxTold = 20;
/** The newest findings that the auditor keeps here. */
const maxKept = 200;

async function complaintsOf(command: readonly string[], url: string): Promise<readonly string[]> {
  let text = "";
  const say = (piece: string): void => void (text += piece);
  const exitCode = await runCli(command, {
    environment: { SEQWATCH_AUDITOR_URL: url },
    columns: 80,
    hasColors: false,
    out: say,
    err: say,
    userName: () => "fuzz",
    nowMs: () => 0,
  });
  const found: string[] = [];
  if (exitCode > 4) found.push(`${command.join(" ")} ended with ${exitCode}: ${text.slice(0, 300)}`);
  const control = /[^\P{C}\n]/u.exec(text);
  if (control !== null)
    found.push(
      `${command.join(" ")} printed U+${control[0].codePointAt(0)?.toString(16)}: ${JSON.stringify(text.slice(Math.max(0, control.index - 60), control.index + 20))}`,
    );
  return found;
}

const hostileLine = "\u001b[2Jnothing \u202Elost\n";

function hostileFinding(random: Random, at: number): Finding {
  const text = (): string => hostileText(random);
  const lane = { system: "kafka", cluster: text(), destination: text(), partition: text() } as const;
  return finding({
    id: `${text()}#${at}#${text()}`,
    lane,
    producerId: text(),
    group: random.chance(0.5) ? text() : undefined,
    decidedBy: text(),
    references: [text()],
    producer: { clientId: text(), service: text(), instance: text(), pid: 1 },
    neighbours: [{ sequence: 6, offset: 6, timestampMs: undefined, traceparent: text() }],
    facts: [text()],
  });
}
