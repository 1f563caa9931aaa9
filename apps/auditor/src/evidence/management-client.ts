import { BackOff } from "./back-off.ts";
import { httpGet } from "./http-get.ts";
import { type Dated, SharedAnswers } from "./shared-answers.ts";

export type ManagementAnswer =
  | { readonly kind: "found"; readonly body: unknown }
  | { readonly kind: "absent" }
  /** Refused, too late, or nobody there: no evidence yet. */
  | { readonly kind: "unknown" };

export interface ManagementOptions {
  /** With user and password: `http://guest:guest@127.0.0.1:15672`. */
  readonly url: string;
  /** Certificates in PEM that its TLS is trusted by; undefined = those that Node trusts by itself. */
  readonly ca?: readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
  /** Within this time the same question gets the same answer. */
  readonly shareMs: number;
  readonly warn: (code: string, text: string) => void;
}

/** Reads RabbitMQ's management API: bounded, patient with failures, and never more often than needed. */
export class ManagementClient {
  readonly #base: string;
  readonly #authorization: string | undefined;
  readonly #options: ManagementOptions;
  readonly #shared: SharedAnswers<ManagementAnswer>;
  readonly #backOff = new BackOff(250, 10_000);
  readonly #closing = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: ManagementOptions) {
    const url = new URL(options.url);
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    this.#authorization = url.username === "" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
    this.#base = `${url.origin}${url.pathname.replace(/\/+$/, "")}/api`;
    this.#options = options;
    this.#shared = new SharedAnswers(options.shareMs);
  }

  /** Asks for a path below `/api`, e.g. `/queues/%2F/orders`. Never rejects. */
  async read(path: string, nowMs: () => number): Promise<Dated<ManagementAnswer>> {
    return await this.#shared.ask(path, nowMs(), () => this.#readInTurn(path, nowMs));
  }

  close(): void {
    this.#closing.abort();
  }

  async #readInTurn(path: string, nowMs: () => number): Promise<ManagementAnswer> {
    if (!this.#backOff.mayTry(nowMs())) return { kind: "unknown" };
    if (this.#running >= this.#options.maxConcurrent) await new Promise<void>((turn) => this.#waiting.push(turn));
    this.#running++;
    try {
      const answer = await this.#tryOnce(path).catch(() => this.#tryOnce(path));
      this.#backOff.succeeded();
      return answer;
    } catch (error) {
      this.#backOff.failed(nowMs());
      if (!this.#closing.signal.aborted) {
        this.#options.warn("MANAGEMENT_UNREADABLE", `RabbitMQ's management API did not answer: ${describe(error)}`);
      }
      return { kind: "unknown" };
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #tryOnce(path: string): Promise<ManagementAnswer> {
    const { timeoutMs, warn, ca } = this.#options;
    const { status, text } = await httpGet(new URL(`${this.#base}${path}`), {
      headers: this.#authorization === undefined ? {} : { authorization: this.#authorization },
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#closing.signal]),
      ca,
    });
    if (status === 200) return { kind: "found", body: JSON.parse(text) };
    if (status === 404) return { kind: "absent" };
    if (status === 401 || status === 403) {
      const mend = "Give the user the tag monitoring and read permission on the virtual host.";
      warn("MANAGEMENT_FORBIDDEN", `RabbitMQ's management API refuses ${path} (${status}). ${mend}`);
      return { kind: "unknown" };
    }
    throw new Error(`${path} was answered with status ${status}`);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
