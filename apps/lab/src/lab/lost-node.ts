import { rmSync } from "node:fs";
import type { Lab } from "./lab.ts";

/** The node of the cluster that rows lose: neither the one that the auditor reads nor the one that clients are told of. */
const lostNode = 3;

/** Makes a queue on the node that will be lost; resolves to its full name. */
export async function queueOnLostNode(lab: Lab, base: string, type: "classic" | "quorum"): Promise<string> {
  const queue = lab.name(base);
  const connection = await lab.rabbitmq.bare(lab.rabbitmqNode(lostNode).url);
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": type } });
  await connection.close();
  lab.afterwards(async () => void (await (await lab.rabbitmq.channel()).deleteQueue(queue)));
  return queue;
}

/**
 * Kills the node, deletes all it had, and tells the others that it will not come back, as its operator would. When the row
 * is over it joins the cluster anew, with nothing.
 */
export async function loseNode(lab: Lab): Promise<void> {
  const node = lab.rabbitmqNode(lostNode);
  lab.afterwards(async () => await node.start());
  await node.stop("SIGKILL");
  rmSync(node.dataDir ?? "", { recursive: true });
  await lab.rested();
  await lab.site.amqp?.forget?.(node);
}
