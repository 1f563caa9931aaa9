/** What this package throws at whoever sets it up; nothing is ever thrown at a send or a handler. */
export class ClientError extends Error {
  readonly code: "BAD_OPTION";

  constructor(code: "BAD_OPTION", message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ClientError";
    this.code = code;
  }
}
