/**
 * What is asked of a connection of amqplib: the model of the promise API, of the callback API, or one that recovers.
 * The parameters are left open because the three disagree on them.
 */
export interface AmqpConnection {
  createChannel(...args: never[]): unknown;
  createConfirmChannel(...args: never[]): unknown;
  close(...args: never[]): unknown;
}

/** Which of amqplib's two ways of answering an object has. */
export type Api = "promise" | "callback";

/** The fields of a delivered or returned message that are read here. */
export interface Message {
  readonly fields: {
    readonly deliveryTag: number;
    readonly redelivered: boolean;
    readonly exchange: string;
    readonly routingKey: string;
  };
  readonly properties: { readonly headers?: Readonly<Record<string, unknown>> | undefined };
}

/** The broker's answer to publishes of a confirm channel. */
export interface Confirm {
  readonly deliveryTag: number;
  readonly multiple: boolean;
}

/** Whether a value is a message of amqplib, which always has both parts. */
export function isMessage(value: unknown): value is Message {
  return isObject(value) && isObject(value["fields"]) && isObject(value["properties"]);
}

/** Whether a value is an object (or a function) whose properties can be read. */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether a value is the fields of an ack or nack of the broker. */
export function isConfirm(value: unknown): value is Confirm {
  return isObject(value) && typeof value["deliveryTag"] === "number";
}

/** The connection under a channel or model, where amqplib keeps what the broker said at the handshake. */
export function transportOf(owner: object): Readonly<Record<PropertyKey, unknown>> | undefined {
  const transport: unknown = Reflect.get(owner, "connection");
  return isObject(transport) ? transport : undefined;
}
