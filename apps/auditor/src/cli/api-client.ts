import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { CliError, exitCodes } from "./cli-error.ts";

export interface ApiClientOptions {
  /** `http://127.0.0.1:7979`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

type Query = Readonly<Record<string, string | undefined>>;

const pageSize = 200;
const maxPages = 500;

/** The auditor's HTTP API. Every answer is checked against the schema that the auditor itself serves it by. */
export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol)) {
      throw new CliError(
        exitCodes.usage,
        `"${options.url}" is no address of an auditor. Set SEQWATCH_AUDITOR_URL, or --url, to http://HOST:PORT.`,
      );
    }
    this.#options = { ...options, url: options.url.replace(/\/+$/, "") };
  }

  /** Rejects with a CliError that says what to do. */
  async get<Schema extends TSchema>(path: string, schema: Schema, query: Query = {}): Promise<Static<Schema>> {
    return this.#checked(schema, await this.#call(`${path}${textOf(query)}`, "GET", undefined));
  }

  async put<Schema extends TSchema>(path: string, schema: Schema, body: object): Promise<Static<Schema>> {
    return this.#checked(schema, await this.#call(path, "PUT", JSON.stringify(body)));
  }

  /** Page after page, until the caller has enough. */
  async *pages<Page extends TSchema>(path: string, schema: Page, query: Query): AsyncGenerator<Static<Page>> {
    let cursor: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const answer: Static<Page> = await this.get(path, schema, { ...query, limit: String(pageSize), cursor });
      yield answer;
      const next: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "next") : undefined;
      if (typeof next !== "string") return;
      cursor = next;
    }
  }

  #checked<Schema extends TSchema>(schema: Schema, answer: unknown): Static<Schema> {
    if (Value.Check(schema, answer)) return answer;
    const mend = "Use the command of the auditor's own version.";
    throw new CliError(exitCodes.unreachable, `${this.#options.url} answers in another form than expected. ${mend}`);
  }

  async #call(path: string, method: string, body: string | undefined): Promise<unknown> {
    const { url, token, timeoutMs } = this.#options;
    const headers: Record<string, string> = {};
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(url + path, {
      method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
      ...(body !== undefined && { body }),
    }).catch((error: unknown) => {
      const mend = "Start one with `npm run auditor`, or set SEQWATCH_AUDITOR_URL to where it listens.";
      throw new CliError(exitCodes.unreachable, `No auditor answers at ${url} (${reasonOf(error)}). ${mend}`, {
        cause: error,
      });
    });
    const text = await response.text();
    if (response.ok) return parse(text);
    throw refusalOf(response.status, text, url);
  }
}

function refusalOf(status: number, text: string, url: string): CliError {
  const said = messageIn(parse(text)) ?? `status ${status}`;
  switch (status) {
    case 401:
      return new CliError(exitCodes.unreachable, `The auditor at ${url} wants its token: set SEQWATCH_TOKEN.`);
    case 403:
      return new CliError(exitCodes.unreachable, `The auditor at ${url} refuses: ${said}`);
    case 404:
    case 409:
      return new CliError(exitCodes.notFound, said);
    case 400:
      return new CliError(exitCodes.usage, `The auditor does not understand: ${said}`);
    default:
      return new CliError(exitCodes.unreachable, `The auditor at ${url} could not answer: ${said}`);
  }
}

/** What is no JSON is no answer of an auditor, and is seen as that by the check. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageIn(answer: unknown): string | undefined {
  const error: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "error") : undefined;
  const message: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "message") : undefined;
  return typeof message === "string" ? message : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it took too long";
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}

function textOf(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
