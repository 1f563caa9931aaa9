import { LabError } from "./lab-error.ts";

/** A finding as the auditor's API tells it, as far as the demo and the lab read it. */
export interface ApiFinding {
  readonly id: string;
  readonly system: string;
  readonly destination: string;
  readonly partition: string;
  readonly producerId: string;
  /** The name of the application that sent them, where it is known. */
  readonly service: string | undefined;
  readonly group: string | undefined;
  readonly state: string;
  readonly verdict: string;
  readonly cause: string | undefined;
  readonly sequences: Readonly<Record<string, string>>;
  readonly messageCount: number;
  readonly messages: readonly { readonly sequence: number; readonly reference: string }[];
  readonly openedAt: string;
  readonly changedAt: string;
  readonly history: readonly ApiStep[];
}

/** A change of a finding's state, and for how long what proves a confirmation had been known by then. */
interface ApiStep {
  readonly state: string;
  readonly at: string;
  readonly provenForMs: number | undefined;
}

/** What one group got of one stream. */
export interface ApiProgress {
  readonly destination: string;
  readonly partition: string;
  readonly group: string;
  readonly processed: number;
  readonly duplicated: number;
}

const callLimitMs = 10_000;
const pageSize = 100;
const maxPages = 1_000;

/** The auditor's HTTP API, as a script of the user's would use it. */
export class AuditorApi {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async findings(): Promise<readonly ApiFinding[]> {
    return await this.findingsSince(0);
  }

  /** Those that changed at or after a time of the auditor's clock. They are listed newest change first. */
  async findingsSince(sinceMs: number): Promise<readonly ApiFinding[]> {
    const isOlder = (finding: unknown): boolean => Date.parse(String(toObject(finding)["changedAt"])) < sinceMs;
    const listed = (await this.#pages("/api/v1/findings", "findings", isOlder)).map(toObject);
    // A list shows the first ranges of a finding only.
    const whole = listed.map(async (finding) =>
      finding["isShortened"] === true
        ? toObject(await this.#call(`/api/v1/findings/${encodeURIComponent(String(finding["id"]))}`))
        : finding,
    );
    return (await Promise.all(whole)).map(toFinding);
  }

  async progress(): Promise<readonly ApiProgress[]> {
    const streams = (await this.#pages("/api/v1/streams", "streams")).map(toObject);
    return streams.flatMap((stream) => toList(stream["groups"]).map((group) => toProgress(stream, toObject(group))));
  }

  /** Switches recording for everything off or on. */
  async record(recording: boolean): Promise<void> {
    const { version } = toObject(await this.#call("/api/v1/switch"));
    const rules = recording ? [] : [{ scope: { kind: "global" }, recording, reason: "the demo toggles", who: "demo" }];
    await this.#call("/api/v1/switch", { version, rules });
  }

  /** Replaces the rules of the recording switch, whatever they are by now. */
  async switchTo(rules: readonly object[]): Promise<void> {
    const { version } = toObject(await this.#call("/api/v1/switch"));
    await this.#call("/api/v1/switch", { version, rules });
  }

  /** Everything the API tells of a destination's streams, for what a row of the lab wants to see in it. */
  async streams(destination: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const asked = `/api/v1/streams?destination=${encodeURIComponent(destination)}`;
    return (await this.#pages(asked, "streams")).map(toObject);
  }

  /** Any other answer of the API. */
  async get(path: string): Promise<Readonly<Record<string, unknown>>> {
    return toObject(await this.#call(path));
  }

  /** When the auditor last ended a look at everything; 0 before the first. */
  async lastPassAtMs(): Promise<number> {
    const { lastPassAt } = await this.get("/readyz");
    return typeof lastPassAt === "string" ? Date.parse(lastPassAt) : 0;
  }

  async isReady(): Promise<boolean> {
    return await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(callLimitMs) }).then(
      (response) => response.ok,
      () => false,
    );
  }

  /** Everything that is listed, or as far as the first one of which `isEnough` holds. */
  async #pages(
    path: string,
    key: string,
    isEnough: (one: unknown) => boolean = () => false,
  ): Promise<readonly unknown[]> {
    const all: unknown[] = [];
    let cursor = "";
    for (let page = 0; page < maxPages; page += 1) {
      const answer = toObject(await this.#call(`${path}${path.includes("?") ? "&" : "?"}limit=${pageSize}${cursor}`));
      const listed = toList(answer[key]);
      const end = listed.findIndex(isEnough);
      all.push(...listed.slice(0, end === -1 ? undefined : end));
      if (typeof answer["next"] !== "string" || end !== -1) return all;
      cursor = `&cursor=${encodeURIComponent(answer["next"])}`;
    }
    throw new LabError("LAB_AUDITOR_FAILED", `${path} has more than ${maxPages} pages.`);
  }

  async #call(path: string, body?: unknown): Promise<unknown> {
    const put = {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const signal = AbortSignal.timeout(callLimitMs);
    const response = await fetch(this.url + path, { ...(body !== undefined && put), signal });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw new LabError("LAB_AUDITOR_FAILED", `The auditor answered ${response.status} to ${path}: ${text}`);
  }
}

function toFinding(finding: Readonly<Record<string, unknown>>): ApiFinding {
  const sequences = Object.entries(toObject(finding["sequences"])).map(([state, text]) => [state, String(text)]);
  return {
    id: String(finding["id"]),
    system: String(finding["system"]),
    destination: String(finding["destination"]),
    partition: String(finding["partition"]),
    producerId: String(finding["producerId"]),
    service: serviceOf(finding["producer"]),
    group: typeof finding["group"] === "string" ? finding["group"] : undefined,
    state: String(finding["state"]),
    verdict: String(finding["verdict"]),
    cause: typeof finding["cause"] === "string" ? finding["cause"] : undefined,
    sequences: Object.fromEntries(sequences),
    messageCount: Number(finding["messageCount"]),
    messages: toList(finding["messages"] ?? []).map((message) => {
      const { sequence, reference } = toObject(message);
      return { sequence: Number(sequence), reference: String(reference) };
    }),
    openedAt: String(finding["openedAt"]),
    changedAt: String(finding["changedAt"]),
    history: toList(finding["history"] ?? []).map((step) => {
      const { state, at, provenForMs } = toObject(step);
      return {
        state: String(state),
        at: String(at),
        provenForMs: typeof provenForMs === "number" ? provenForMs : undefined,
      };
    }),
  };
}

function serviceOf(producer: unknown): string | undefined {
  const service = producer === undefined ? "" : toObject(producer)["service"];
  return typeof service === "string" && service !== "" ? service : undefined;
}

function toProgress(stream: Readonly<Record<string, unknown>>, group: Readonly<Record<string, unknown>>): ApiProgress {
  return {
    destination: String(stream["destination"]),
    partition: String(stream["partition"]),
    group: String(group["group"]),
    processed: Number(group["processed"]),
    duplicated: Number(group["duplicated"]),
  };
}

function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new LabError("LAB_AUDITOR_FAILED", `The auditor answered ${typeof value} where a list belongs.`);
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value));
  throw new LabError("LAB_AUDITOR_FAILED", `The auditor answered ${typeof value} where an object belongs.`);
}
