export type AuditorErrorCode = "CONFIG_INVALID" | "LISTEN_FAILED";

/** What keeps the auditor from starting. The message says what, which value, and what to do. */
export class AuditorError extends Error {
  override readonly name = "AuditorError";
  readonly code: AuditorErrorCode;

  constructor(code: AuditorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
