import { randomBytes } from "node:crypto";
import { isSourceReplaced } from "@seqwatch/testkit/replaced-source";
import type { ApiFinding } from "../auditor-api.ts";
import { type Comparison, compare } from "./comparison.ts";
import type { Look } from "./findings-watch.ts";
import { Lab } from "./lab.ts";
import { type Claim, claimsOf } from "./names.ts";
import type { Expected, Scenario, ScenarioResult } from "./scenario.ts";
import type { Site } from "./site.ts";
import { until } from "./until.ts";

const verdictLimitMs = 60_000;
/** Without its rule a row does not come right, however long one waits. */
const brokenLimitMs = 30_000;
/** What holds has to hold on for so long, by the clock of the auditor's passes: a late false finding counts too. */
const steadyMs = 4_000;
/** Where nothing may be said there is nothing to wait for: only after as long as a finding takes is silence a result. */
const silentMs = 12_000;

/** Plays one row and waits until the findings say what they must, or the limit has passed. Never rejects. */
export async function runScenario(
  scenario: Scenario,
  site: Site,
  say: (text: string) => void,
): Promise<ScenarioResult> {
  const beganAtMs = performance.now();
  const prefix = `${scenario.id.toLowerCase().replaceAll(".", "-")}-${randomBytes(3).toString("hex")}`;
  const lab = new Lab({ id: scenario.id, prefix, site, addresses: site.addresses, say });
  const verdict = new Verdict(lab);
  const stopListening = site.findings.listen((look) => verdict.note(look));
  let expected: Expected = { lost: [], says: [] };
  let failure: string | undefined;
  try {
    expected = await scenario.play(lab);
    await verdict.settle(expected, limitOf(scenario));
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  stopListening();
  const found = verdict.compareWith(expected);
  const failedChecks = await lab.failedChecks();
  await lab.close().catch(() => undefined);
  await calmDown(scenario, site);
  const differences = [...(failure === undefined ? [] : [failure]), ...found.differences, ...failedChecks];
  const lostAtMs = lab.lostAtMs ?? verdict.playedAtMs;
  return {
    id: scenario.id,
    title: scenario.title,
    exact: differences.length === 0,
    falseLosses: found.falseLosses,
    missedLosses: found.missedLosses,
    ...(found.silent && { silent: found.silent }),
    verdicts: found.verdicts,
    delayMs: found.confirmedAtMs === undefined ? 0 : Math.max(0, found.confirmedAtMs - lostAtMs),
    seconds: Number(((performance.now() - beganAtMs) / 1_000).toFixed(1)),
    said: found.said,
    figures: lab.figures,
    pace: {
      suspected: lab.suspectedMs,
      confirmed: verdict.provenForMs(),
      confirmedByBook: sinceMs(lab.lastFactAtMs, found.confirmedAtMs),
      tail: lab.isTailLost ? verdict.openedAtMs().map((atMs) => Math.max(0, atMs - lostAtMs)) : [],
    },
    ...(failure !== undefined && { failure }),
    differences,
  };
}

function sinceMs(fromMs: number | undefined, toMs: number | undefined): readonly number[] {
  return fromMs === undefined || toMs === undefined ? [] : [Math.max(0, toMs - fromMs)];
}

/** A row that failed in the middle of its fault leaves no frozen or dead server to the next one. */
async function calmDown({ world }: Scenario, { kafka, amqp }: Site): Promise<void> {
  const brokers = world.kafka === "alone" ? (kafka?.nodes ?? []) : [];
  const queues = world.rabbitmq === "alone" && amqp?.server !== undefined ? [amqp.server] : [];
  for (const server of [...brokers, ...queues]) {
    await (server.pid === undefined ? server.start() : server.resume()).catch(() => undefined);
  }
}

function limitOf(scenario: Scenario): number {
  const limitMs = scenario.verdictLimitMs ?? verdictLimitMs;
  return isSourceReplaced() ? Math.min(limitMs, brokenLimitMs) : limitMs;
}

/** What the findings about one row say, look after look. */
class Verdict {
  readonly #lab: Lab;
  readonly #everConfirmed = new Set<string>();
  /** When each message was first said to be lost: a finding may change for another reason later. */
  readonly #confirmedSince = new Map<string, number>();
  #claims: readonly Claim[] = [];
  #look: Look = { findings: [], lastPassAtMs: 0 };
  playedAtMs = Date.now();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  note(look: Look): void {
    this.#look = look;
    this.#claims = look.findings
      .filter((finding) => this.#isOwn(finding))
      .flatMap(claimsOf)
      .map((claim) => this.#dated(claim));
    for (const { name, state } of this.#claims) if (state === "confirmed") this.#everConfirmed.add(name);
  }

  compareWith(expected: Expected): Comparison {
    return compare(this.#claims, expected, this.#everConfirmed);
  }

  /** For how long what proves it had been known, of each confirmation. */
  provenForMs(): readonly number[] {
    return this.#confirmations().flatMap(({ history }) => history.flatMap(({ provenForMs }) => provenForMs ?? []));
  }

  /** When the findings that confirmed anything were opened. */
  openedAtMs(): readonly number[] {
    return this.#confirmations().map(({ openedAt }) => Date.parse(openedAt));
  }

  #confirmations(): readonly ApiFinding[] {
    return this.#look.findings.filter((finding) => this.#isOwn(finding) && finding.state === "confirmed");
  }

  /** Waits until everything is said and checked, and has stood for a while. */
  async settle(expected: Expected, limitMs: number): Promise<void> {
    this.playedAtMs = Date.now();
    const heldMs = expected.says.length === 0 ? silentMs : steadyMs;
    let standsSinceMs: number | undefined;
    const stands = async (): Promise<boolean> => {
      const holds = this.compareWith(expected).exact && (await this.#lab.failedChecks()).length === 0;
      if (!holds) standsSinceMs = undefined;
      else standsSinceMs ??= this.#look.lastPassAtMs;
      return standsSinceMs !== undefined && this.#look.lastPassAtMs >= standsSinceMs + heldMs;
    };
    // What does not come about is told by the differences, better than by a limit that has passed.
    await until("the verdict", stands, limitMs).catch(() => undefined);
  }

  #isOwn({ destination, partition, group }: ApiFinding): boolean {
    return [destination, partition, group].some((name) => name?.startsWith(`${this.#lab.prefix}-`) === true);
  }

  #dated(claim: Claim): Claim {
    if (claim.state !== "confirmed") return claim;
    const key = `${claim.name} ${claim.group ?? ""}`;
    const sinceMs = this.#confirmedSince.get(key) ?? claim.sinceMs;
    this.#confirmedSince.set(key, sinceMs);
    return { ...claim, sinceMs };
  }
}
