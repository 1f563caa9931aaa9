import { watchAmqp } from "@seqwatch/amqplib";
import { connect } from "amqplib";
import { Growth } from "../lab/growth.ts";
import type { Scenario } from "../lab/scenario.ts";

const orders = 2_000;

/** Every order has a routing key of its own, so every order is a lane: what is done with goes, key by key. */
export const scenario: Scenario = {
  id: "G3",
  title: "Routing keys without bound",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a lane without streams goes whole",
    file: "packages/core/src/collection.ts",
    from: "if (version === 0 || ledgers.size > 0) return [];",
    to: "if (version === 0 || ledgers.size >= 0) return [];",
  },
  async play(lab) {
    const growth = await Growth.start(lab);
    const exchange = await lab.rabbitmq.exchange("orders", "topic");
    const queue = await lab.rabbitmq.queue("created", { bindTo: exchange, keys: ["order.*.created"] });
    const open = async (service: string) => {
      const connection = await connect(lab.addresses.amqpUrl);
      connection.on("error", () => undefined);
      watchAmqp(connection, { service: lab.name(service), store: growth.store(), vhost: "/" });
      return connection;
    };
    const worker = await open("worker");
    const incoming = await worker.createChannel();
    let handledCount = 0;
    await incoming.consume(queue, (message) => {
      if (message === null) return;
      handledCount += 1;
      incoming.ack(message);
    });
    const shop = await open("shop");
    const outgoing = await shop.createConfirmChannel();
    for (let order = 0; order < orders; order += 1) {
      outgoing.publish(exchange, `order.${order}.created`, Buffer.from(`order ${order}`));
    }
    await outgoing.waitForConfirms();
    await lab.until("every order to be worked", () => handledCount === orders);
    await lab.until("every lane to be known", async () => (await growth.measure()).lanes === orders);
    const full = await growth.tell("full");
    lab.figure("full.bytesALane", Math.round(full.bytes / orders));
    await shop.close();

    lab.check("nothing of the orders' lanes is left", async () => (await growth.tell("after")).lanes === 0);
    lab.afterwards(async () => await worker.close());
    return { lost: [], says: [] };
  },
};
