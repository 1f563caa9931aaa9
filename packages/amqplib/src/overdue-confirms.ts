import type { Client } from "@seqwatch/client";
import type { Confirms } from "./confirms.ts";
import { transportOf } from "./ports.ts";

interface Watched {
  readonly channel: object;
  isTold: boolean;
}

/**
 * Looks whether confirms stay away: a broker with an alarm (memory, disk) takes nothing in any more and answers nothing,
 * and amqplib goes on taking publishes. Told once a channel and stall, with the channel and the age.
 */
export class OverdueConfirms {
  readonly #client: Client;
  readonly #limitMs: number;
  readonly #watched = new Map<Confirms, Watched>();

  constructor(client: Client, limitMs: number) {
    this.#client = client;
    this.#limitMs = limitMs;
  }

  watch(channel: object, confirms: Confirms): void {
    this.#watched.set(confirms, { channel, isTold: false });
  }

  forget(confirms: Confirms): void {
    this.#watched.delete(confirms);
  }

  look(): void {
    for (const [confirms, watched] of this.#watched) {
      const { waiting } = confirms;
      const isOverdue = waiting !== undefined && waiting.oldestMs >= this.#limitMs;
      if (isOverdue && !watched.isTold) this.#tell(watched.channel, waiting);
      watched.isTold = isOverdue;
    }
  }

  #tell(channel: object, { count, oldestMs }: { readonly count: number; readonly oldestMs: number }): void {
    const isBlocked = transportOf(channel)?.["blocked"] === true;
    const why = isBlocked
      ? "the broker has blocked the connection: look at its alarms (memory, disk)"
      : "the broker does not answer: look at its alarms (memory, disk) and at the network";
    const text = `${count} messages on channel ${channelNumberOf(channel)} of ${this.#client.service} wait for their confirms, the oldest for ${Math.round(oldestMs / 1_000)} s; ${why}. They are booked as uncertain, and as sent once the confirms come.`;
    this.#client.notice({ kind: "warning", code: "CONFIRMS_OVERDUE", text });
  }
}

function channelNumberOf(channel: object): string {
  const number: unknown = Reflect.get(channel, "ch");
  return typeof number === "number" ? String(number) : "?";
}
