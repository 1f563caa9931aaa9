/** What went wrong, for programs; the message says it for people, with what to do. */
export type StoreErrorCode =
  /** An option that cannot work. */
  | "STORE_BAD_OPTION"
  /** No connection. */
  | "STORE_UNREACHABLE"
  /** No answer in time. What was asked may have been done all the same. */
  | "STORE_TIMEOUT"
  /** Too much is under way without an answer: nothing was sent. */
  | "STORE_BUSY"
  | "STORE_WRONG_PASSWORD"
  | "STORE_READ_ONLY"
  | "STORE_SCRIPTS_FORBIDDEN"
  | "STORE_NOT_PERMITTED"
  | "STORE_FULL"
  | "STORE_CLOSED"
  | "STORE_COMMAND_FAILED";

/** Why the store did not do what it was asked to. Every call may be repeated. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}

/** What Redis answers, the code it means, and what mends it. The first that fits counts. */
const answers: readonly (readonly [RegExp, StoreErrorCode, string])[] = [
  [
    /NOAUTH|WRONGPASS|invalid password|without any password|AUTH .*failed/i,
    "STORE_WRONG_PASSWORD",
    "Redis refused the user or password. Check them in the Redis URL.",
  ],
  [
    /READONLY|read only replica/i,
    "STORE_READ_ONLY",
    "This Redis is a read-only replica. Give the URL of the master, or use Sentinel or Cluster.",
  ],
  [
    /NOPERM.*\b(eval|evalsha|script)|unknown command.*\b(eval|evalsha|script)/i,
    "STORE_SCRIPTS_FORBIDDEN",
    "This Redis forbids Lua scripts, which keep each report one atomic write. Allow EVAL and EVALSHA (ACL: +@scripting).",
  ],
  [
    /NOPERM/i,
    "STORE_NOT_PERMITTED",
    "The Redis user lacks a permission. Seqwatch needs read, write, scripting, pub/sub and INFO on its own keys.",
  ],
  [
    /\bOOM\b|maxmemory/i,
    "STORE_FULL",
    "Redis has reached its maxmemory. Give it more, and keep maxmemory-policy at noeviction.",
  ],
  [
    /ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ENET|EPIPE|ETIMEDOUT|closed|LOADING|MASTERDOWN|CLUSTERDOWN|writeable|Sentinels/i,
    "STORE_UNREACHABLE",
    "Redis could not be reached. Check that it runs and that the Redis URL names it.",
  ],
];

/** The StoreError for whatever the Redis client threw. `what` is what was asked, as in "Could not …". */
export function toStoreError(what: string, where: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const said = error instanceof Error ? `${error.message} ${codeOf(error)}`.trim().replace(/\.+$/, "") : String(error);
  const text = said.slice(0, maxTextLength);
  const [, code, mend] = answers.find(([pattern]) => pattern.test(text)) ?? [
    undefined,
    "STORE_COMMAND_FAILED" as const,
    "Redis refused the command; its own words are above.",
  ];
  return new StoreError(code, `Could not ${what} at ${where}: ${text}. ${mend}`, { cause: withoutArguments(error) });
}

/** Redis's words are short; a message must not be as long as whatever stands in them. */
const maxTextLength = 500;

/** The client's own error carries the command it belongs to: a password after AUTH, or a whole report. */
function withoutArguments(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  return Object.assign(new Error(message), { name, stack });
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" && !error.message.includes(error.code) ? error.code : "";
}
