/** What went wrong with the demo itself, rather than with what it shows. */
export class LabError extends Error {
  readonly code: "LAB_BAD_INPUT" | "LAB_WORKER_FAILED" | "LAB_AUDITOR_FAILED" | "LAB_TIMED_OUT";

  constructor(code: LabError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LabError";
    this.code = code;
  }
}
