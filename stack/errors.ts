/** What went wrong, for code that has to choose; the message is for people. */
export type StackErrorCode =
  | "STACK_BAD_INPUT"
  | "STACK_FOLDER_IN_USE"
  | "STACK_PROGRAM_MISSING"
  | "STACK_INSTALL_FAILED"
  | "STACK_START_FAILED"
  | "STACK_PORT_TAKEN"
  | "STACK_STOP_FAILED"
  | "STACK_STATE_UNREADABLE";

/** The one error of the local servers: what failed, with which value, and what to do about it. */
export class StackError extends Error {
  override readonly name = "StackError";
  readonly code: StackErrorCode;

  constructor(code: StackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
