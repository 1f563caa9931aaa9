import type { Lab } from "./lab.ts";

/** Stops and starts each Kafka broker, one after the other, as an upgrade does. */
export async function restartBrokers(lab: Lab): Promise<void> {
  for (const broker of lab.brokers) {
    await broker.stop("SIGTERM");
    await broker.start();
    lab.say(`broker ${broker.nodeId} is back`);
  }
}
