import { visible } from "@seqwatch/core";
import type { Static } from "typebox";
import { switchReply } from "../api/schemas.ts";
import { CliError, exitCodes } from "./cli-error.ts";
import type { Answer, Ask } from "./run-cli.ts";
import { listed, type Terminal } from "./terminal.ts";

type SwitchView = Static<typeof switchReply>;
type Rule = SwitchView["rules"][number];
type Scope = Rule["scope"];

export interface SwitchOptions {
  readonly service?: string;
  readonly instance?: string;
  readonly destination?: string;
  readonly for?: string;
  readonly reason?: string;
  readonly who: string;
}

const path = "/api/v1/switch";

/** What is recorded, and what is off by whose word. */
export async function showSwitch({ api, terminal, nowMs }: Ask): Promise<Answer> {
  return answerOf(await api.get(path, switchReply), terminal, nowMs());
}

/** Off adds a rule for the scope, on takes it away. Every client follows within two seconds. */
export async function changeSwitch(
  { api, terminal, nowMs }: Ask,
  wanted: string,
  options: SwitchOptions,
): Promise<Answer> {
  if (wanted !== "on" && wanted !== "off")
    throw new CliError(exitCodes.usage, `The switch is "on" or "off", not "${visible(wanted)}".`);
  const scope = scopeOf(options);
  const { version, rules } = await api.get(path, switchReply);
  const others = rules.filter((rule) => !isSameScope(rule.scope, scope));
  const next = wanted === "off" ? [...others, offRule(scope, options, nowMs())] : others;
  if (wanted === "on") refuseWithoutEffect(rules, others, scope);
  return answerOf(await api.put(path, switchReply, { version, rules: next }), terminal, nowMs());
}

function scopeOf({ service, instance, destination }: SwitchOptions): Scope {
  const scopes: Scope[] = [];
  if (service !== undefined) scopes.push({ kind: "service", service });
  if (instance !== undefined) scopes.push({ kind: "instance", clientId: instance });
  if (destination !== undefined) scopes.push({ kind: "destination", destination });
  if (scopes.length > 1) throw new CliError(exitCodes.usage, "Give one of --service, --instance and --destination.");
  return scopes[0] ?? { kind: "global" };
}

function offRule(scope: Scope, { for: time, reason, who }: SwitchOptions, nowMs: number): Rule {
  if (reason === undefined || reason.trim() === "")
    throw new CliError(exitCodes.usage, 'Say why, for those who will see it: --reason "load test".');
  const until = time === undefined ? {} : { until: new Date(nowMs + millisecondsOf(time)).toISOString() };
  return { scope, recording: false, reason, who, ...until };
}

function millisecondsOf(text: string): number {
  const match = /^([1-9]\d{0,5})(s|m|h|d)$/.exec(text);
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ""];
  if (match?.[1] === undefined || unitMs === undefined)
    throw new CliError(exitCodes.usage, `--for is "${visible(text)}"; it takes a time as 30s, 10m, 2h or 1d.`);
  return Number(match[1]) * unitMs;
}

function refuseWithoutEffect(rules: readonly Rule[], others: readonly Rule[], scope: Scope): void {
  if (rules.length !== others.length || rules.length === 0) return;
  const known = rules.map((rule) => nameOf(rule.scope)).join(", ");
  throw new CliError(exitCodes.notFound, `Nothing is switched for ${nameOf(scope)}; there are rules for ${known}.`);
}

function isSameScope(a: Scope, b: Scope): boolean {
  return nameOf(a) === nameOf(b);
}

function nameOf({ kind, service, clientId, destination }: Scope): string {
  return kind === "global" ? "everything" : `${kind} ${visible(service ?? clientId ?? destination ?? "")}`;
}

function answerOf(state: SwitchView, { columns, colors }: Terminal, nowMs: number): Answer {
  const rules = state.rules.map((rule) => {
    const isOver = rule.until !== undefined && Date.parse(rule.until) <= nowMs;
    const until =
      rule.until === undefined ? "until changed" : isOver ? `was over at ${rule.until}` : `until ${rule.until}`;
    return `${nameOf(rule.scope)}: ${rule.recording ? "on" : "off"} ${until}, by ${visible(rule.who)}: ${visible(rule.reason)}`;
  });
  return {
    json: [{ kind: "summary", ...state }],
    lines: [
      state.isRecording ? colors.green("Everything records.") : colors.yellow("Something is switched off."),
      ...rules.flatMap((rule) => listed(rule, columns)),
    ],
    exitCode: exitCodes.fine,
  };
}
