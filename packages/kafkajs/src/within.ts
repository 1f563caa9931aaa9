import type { Client } from "@seqwatch/client";

/** Waits for our own bookkeeping for a bounded time; never rejects. A report that failed was counted where it failed. */
export async function withinMs(client: Client, limitMs: number, work: Promise<unknown>): Promise<void> {
  let cancel: () => void = () => {};
  const limit = new Promise<void>((resolve) => {
    cancel = client.host.hold(limitMs, resolve);
  });
  await Promise.race([work.catch(() => {}), limit]);
  cancel();
}
