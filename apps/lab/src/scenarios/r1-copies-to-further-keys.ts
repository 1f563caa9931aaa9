import { consumeFrom, hasAll, openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Messages with CC and BCC headers go to further queues, of which the routing key says nothing. */
export const scenario: Scenario = {
  id: "R1",
  title: "Messages with CC and BCC go out unaudited, and are counted",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a message that goes to further routing keys carries no stamp of one of them",
    file: "packages/amqplib/src/carrier.ts",
    from: 'const changesRoute: ReadonlySet<string> = new Set(["CC", "BCC", "x-delay"]);',
    to: 'const changesRoute: ReadonlySet<string> = new Set(["x-delay"]);',
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("letters");
    const [main, copy, blind] = await Promise.all(
      ["main", "copy", "blind"].map((base) => lab.rabbitmq.queue(base, { bindTo: exchange, keys: [base] })),
    );
    const shop = await openSender(lab);
    const channel = await (await lab.service("worker").amqp()).createChannel();
    const open = (queue: string | undefined) => consumeFrom(channel, queue ?? "");
    const [first, second, third] = await Promise.all([open(main), open(copy), open(blind)]);
    await lab.established(exchange, "main", async () => await shop.send(exchange, "main", 1));

    // Their names are the row's own: only what is stamped has a number.
    const letters = Array.from({ length: 50 }, (_, index) => `letter ${index}`);
    for (const letter of letters) {
      shop.channel.publish(exchange, "main", Buffer.from(letter), { headers: { CC: ["copy"], BCC: ["blind"] } });
    }
    await shop.channel.waitForConfirms();
    const plain = await shop.send(exchange, "main", 50);
    await lab.until("all to be worked", () => [first, second, third].every((each) => hasAll(letters, each.handled)));
    await lab.until("the plain ones to be worked", () => hasAll(plain, first.handled));

    lab.check("the 50 are shown as unaudited", async () => {
      const streams = await lab.api.streams(exchange);
      return streams.some((stream) => stream["unaudited"] === letters.length);
    });
    return { lost: [], says: [] };
  },
};
