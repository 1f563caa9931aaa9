import type { MessagePort } from "./port.ts";

/** A message whose send resolved though the answer left it out. */
export interface MissingMessage {
  readonly topic: string;
  readonly partition: number;
  readonly sequence: number;
  /** The application's own object, as it was handed to `send`. */
  readonly message: MessagePort;
}

/**
 * With `onAckMissing: "reject"` or `"resend"`: the broker's answer left messages out, so nobody knows whether they are
 * stored. Sending them again is the application's decision; it may double them.
 */
export class AckMissingError extends Error {
  readonly code = "ACK_MISSING";
  readonly messages: readonly MissingMessage[];

  constructor(messages: readonly MissingMessage[], options?: ErrorOptions) {
    const lanes = [...new Set(messages.map(({ topic, partition }) => `${topic}/${partition}`))];
    const shown = lanes.slice(0, 5).join(", ") + (lanes.length > 5 ? ", …" : "");
    super(`The broker's answer left out ${messages.length} messages for ${shown}: they may not be stored.`, options);
    this.name = "AckMissingError";
    this.messages = messages;
  }
}
