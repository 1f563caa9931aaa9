/** How a command ended, for scripts. */
export const exitCodes = {
  fine: 0,
  /** The answer is bad news: losses are confirmed, or the auditor cannot be relied on. */
  alarm: 1,
  /** The command itself is wrong. */
  usage: 2,
  /** The auditor could not be asked, or refused. */
  unreachable: 3,
  /** What was asked for is not there, not unique, or changed by somebody else meanwhile. */
  notFound: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What keeps a command from answering. The message says what, which value, and what to do. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
