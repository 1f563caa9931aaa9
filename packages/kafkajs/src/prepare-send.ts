import type { MessagePort, TopicMessagesPort } from "./port.ts";
import { type SendSurroundings, TopicSend } from "./topic-send.ts";

/** The messages of one `send` or `sendBatch`, ready for the client library, and what is watched of them. */
export interface PreparedSend {
  readonly sends: readonly TopicSend[];
  readonly topicMessages: readonly TopicMessagesPort[];
}

/**
 * Makes the messages of a send ready to be stamped; undefined where kafkajs will refuse it, or nothing of it is
 * recorded. Nothing of the application's is touched.
 */
export function prepareSend(
  entries: readonly TopicMessagesPort[],
  isRecorded: (topic: string) => boolean,
  surroundings: SendSurroundings,
): PreparedSend | undefined {
  if (!Array.isArray(entries) || entries.length === 0 || !entries.every(isSendable)) return undefined;
  const watched = entries.filter((entry) => isRecorded(entry.topic));
  if (watched.length === 0) return undefined;
  // kafkajs merges entries of one topic into one list, so they are one send to us too.
  const messages = new Map<string, MessagePort[]>();
  for (const entry of watched) messages.set(entry.topic, [...(messages.get(entry.topic) ?? []), ...entry.messages]);
  const sends = new Map([...messages].map(([topic, list]) => [topic, new TopicSend(topic, list, surroundings)]));
  const taken = new Map<string, number>();
  const topicMessages = entries.map((entry) => {
    const send = sends.get(entry.topic);
    if (send === undefined) return entry;
    const from = taken.get(entry.topic) ?? 0;
    taken.set(entry.topic, from + entry.messages.length);
    return { ...entry, messages: send.clones.slice(from, from + entry.messages.length) };
  });
  return { sends: [...sends.values()], topicMessages };
}

/** How many of its messages were not asked for yet, so that nothing was put on them. */
export function unstampedCountOf({ sends }: PreparedSend): number {
  return sends.reduce((sum, send) => sum + (send.batches.length === 0 ? send.originals.length : 0), 0);
}

/** What kafkajs accepts as far as the shape goes; for the rest it has its own errors, which the user must get. */
function isSendable(entry: unknown): boolean {
  if (typeof entry !== "object" || entry === null) return false;
  const topic: unknown = Reflect.get(entry, "topic");
  const messages: unknown = Reflect.get(entry, "messages");
  if (typeof topic !== "string" || topic === "" || !Array.isArray(messages) || messages.length === 0) return false;
  return messages.every((message: unknown) => typeof message === "object" && message !== null);
}
