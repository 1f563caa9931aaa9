// A payment service: publishes on a confirm channel, steadily some kinds and the others when a fault asks for them.

import { connectAmqp } from "./clients.ts";
import type { Order } from "./news.ts";
import { nameOf } from "./span.ts";
import { paymentKinds, paymentsExchange } from "./traffic.ts";
import { tell, work } from "./worker.ts";

const everyMs = 100;
const steadyCount = 5;

const stamped = new Set<string>();
const connection = await connectAmqp("payments-api", (name) => {
  stamped.add(name);
  return name;
});
const channel = await connection.createConfirmChannel();
const nextNumbers = new Map<string, number>();
const hushed = new Set<string>();
let timer: NodeJS.Timeout | undefined;

work(async (order: Order) => {
  switch (order.kind) {
    case "start":
      timer = setInterval(publishSteadily, everyMs);
      return;
    case "publish":
      for (let index = 0; index < order.count; index += 1) publish(order.routingKey);
      return await channel.waitForConfirms();
    case "hush":
      hushed.add(order.routingKey);
      return await channel.waitForConfirms();
    case "go-on":
      hushed.delete(order.routingKey);
      return;
    case "rest":
      clearInterval(timer);
      return await channel.waitForConfirms();
    case "stop":
      clearInterval(timer);
      await channel.waitForConfirms();
      await channel.close();
      return await connection.close();
    case "pause":
    case "resume":
    case "hold":
    case "pace":
      return;
  }
});
tell({ kind: "ready" });

function publishSteadily(): void {
  for (const { routingKey, isSteady } of paymentKinds) {
    if (!isSteady || hushed.has(routingKey)) continue;
    for (let index = 0; index < steadyCount; index += 1) publish(routingKey);
  }
}

function publish(routingKey: string): void {
  const number = nextNumbers.get(routingKey) ?? 0;
  nextNumbers.set(routingKey, number + 1);
  const span = { source: routingKey, first: number, last: number };
  const name = nameOf({ source: routingKey, number });
  channel.publish(paymentsExchange, routingKey, Buffer.from(name), { persistent: true }, (error: unknown) => {
    const outcome = error === null || error === undefined ? "accepted" : "rejected";
    tell({ kind: "sent", outcome, atMs: Date.now(), ...span });
  });
  if (!stamped.delete(name)) tell({ kind: "unaudited", ...span });
}
