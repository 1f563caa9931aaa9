import { createClient } from "./connection.ts";
import type { Settings } from "./settings.ts";

interface SubscriptionEvents {
  readonly heard: (text: string) => void;
  /** It ended, or never began; called once at most, and never after it was closed. */
  readonly ended: () => void;
}

/** Listens on a second connection, for a connection that listens takes no other commands. Returns what closes it. */
export function openSubscription(settings: Settings, channel: string, events: SubscriptionEvents): () => void {
  const subscriber = settings.client?.duplicate() ?? createClient(settings);
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
    subscriber.disconnect();
  };
  const fail = (): void => {
    if (!isOpen) return;
    close();
    events.ended();
  };
  // Without a listener an 'error' event would end the process; the end that follows it is what counts.
  subscriber.on("error", () => undefined);
  subscriber.on("message", (_channel: unknown, text: unknown) => isOpen && events.heard(String(text)));
  if ("connect" in subscriber && settings.client === undefined) {
    subscriber.on("end", fail);
    subscriber.on("connect", () => settings.keepsProcessAlive || subscriber.stream?.unref?.());
    subscriber
      .connect()
      .then(() => subscriber.subscribe(channel), fail)
      .catch(fail);
  } else {
    subscriber.subscribe(channel).catch(fail);
  }
  return close;
}
