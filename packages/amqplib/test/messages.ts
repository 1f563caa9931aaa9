import { Duplex } from "node:stream";

/** Whether a value is a message of amqplib with this text. */
export function isMessageOf(value: unknown, text: string): boolean {
  if (typeof value !== "object" || value === null || !("content" in value)) return false;
  return Buffer.isBuffer(value.content) && value.content.toString() === text;
}

/** Breaks the connection under a channel, as a pulled cable would. */
export function cut(channel: object): void {
  const connection: unknown = Reflect.get(channel, "connection");
  const stream: unknown = typeof connection === "object" && connection !== null && Reflect.get(connection, "stream");
  if (!(stream instanceof Duplex)) throw new Error("This amqplib keeps its socket elsewhere.");
  stream.destroy(new Error("cut"));
}
