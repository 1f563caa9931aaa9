import { hasAll, openWorker } from "../lab/amqp-traffic.ts";
import { openDeafRoad } from "../lab/deaf-road.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A connection manager keeps what was not confirmed, and publishes it again on its next connection. */
export const scenario: Scenario = {
  id: "D6",
  title: "A connection manager publishes again what was not confirmed, though it was stored",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "the same Buffer and options after a channel closed are the same message",
    file: "packages/amqplib/src/republished.ts",
    from: "return before === undefined ? undefined : { sequence: before.sequence, copy: before.copy + 1 };",
    to: "return undefined;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("orders");
    const road = await openDeafRoad(lab.rabbitmq.url);
    lab.afterwards(road.close);
    const shop = lab.service("shop");
    const channel = await (await shop.amqp({}, road.url)).createConfirmChannel();
    channel.on("error", () => undefined);
    const names = shop.names("", queue, 40);
    const letters = names.map((name) => ({ content: Buffer.from(name), options: { persistent: true } }));
    road.swallowAnswers();
    for (const { content, options } of letters) channel.publish("", queue, content, options);
    await lab.until("the broker to have them", async () => (await lab.rabbitmq.count(queue)) === names.length);
    const closed = new Promise<void>((resolve) => channel.once("close", () => resolve()));
    road.cut();
    await closed;

    const again = await (await shop.amqp({})).createConfirmChannel();
    for (const { content, options } of letters) again.publish("", queue, content, options);
    await again.waitForConfirms();
    const worker = await openWorker(lab, queue);
    await lab.until("both copies to be worked", () => worker.deliveries.length === 2 * names.length);
    lab.check("all of them are worked", () => hasAll(names, worker.handled));
    lab.check("each is counted as published twice", async () => {
      const { duplicates } = await lab.api.get(`/api/v1/duplicates?limit=200`);
      const lines = Array.isArray(duplicates) ? duplicates.map((line: unknown) => Object(line)) : [];
      return lines.some(({ group, publishedTwice }) => group === queue && publishedTwice === names.length);
    });
    lab.check("the stream counts each once", async () => (await repeatsOf(lab, "", queue)).processed === names.length);
    return { lost: [], says: [] };
  },
};
