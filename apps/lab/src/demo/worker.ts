import type { News, Order } from "./news.ts";

/** Tells the demo. */
export function tell(news: News): void {
  // A parent that is gone needs no news; the process ends by its "disconnect" anyway.
  if (process.connected) process.send?.(news, () => undefined);
}

/**
 * Makes this process a worker of the demo: it does what it is told and lives no longer than the demo does. "stop" ends
 * it once `stop` has resolved.
 */
export function work(carryOut: (order: Order) => Promise<void>): void {
  // Ctrl-C reaches the whole process group; the demo alone decides in which order its parts end.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
  process.once("disconnect", () => process.exit(1));
  process.on("unhandledRejection", fail);
  process.on("uncaughtException", fail);
  process.on("message", (order: Order) => {
    carryOut(order).then(() => finish(order), fail);
  });
}

/** What the parent put into the environment. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set. Start the demo with: npm start`);
  return value;
}

/** Says why and ends. */
function fail(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.send?.({ kind: "failed", text } satisfies News, () => process.exit(1));
}

function finish(order: Order): void {
  const news: News = { kind: "done", order: order.kind };
  if (order.kind !== "stop") return tell(news);
  process.send?.(news, () => process.exit(0));
}
