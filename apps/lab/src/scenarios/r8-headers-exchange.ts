import { consumeFrom, hasAll, openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A headers exchange chooses by what the messages carry: of one routing key a queue gets this one, and that one not. */
export const scenario: Scenario = {
  id: "R8",
  title: "A headers exchange: which queue is owed a message nobody can say, so nothing is called lost",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "nobody can say what a headers exchange lets through",
    file: "apps/auditor/src/evidence/rabbitmq-route.ts",
    from: 'new Set(["direct", "topic", "fanout"])',
    to: 'new Set(["direct", "topic", "fanout", "headers"])',
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("regions", "headers");
    const queues = await Promise.all(["eu", "us"].map((base) => lab.rabbitmq.queue(base)));
    const operator = await lab.rabbitmq.channel();
    const [eu, us] = queues;
    await operator.bindQueue(eu ?? "", exchange, "", { "x-match": "all", region: "eu" });
    await operator.bindQueue(us ?? "", exchange, "", { "x-match": "all", region: "us" });
    const shop = await openSender(lab);
    const channel = await (await lab.service("worker").amqp()).createChannel();
    const first = await consumeFrom(channel, eu ?? "");
    const second = await consumeFrom(channel, us ?? "");
    const sent: string[] = [];
    const send = async () => {
      for (const region of ["eu", "us"]) sent.push(...(await shop.send(exchange, "", 1, { headers: { region } })));
    };
    await lab.established(exchange, "", send);
    for (let round = 0; round < 50; round += 1) await send();
    await lab.until("all to be worked by one of both", () => hasAll(sent, first.handled, second.handled));
    await lab.established(exchange, "", send);

    lab.check("each got its own alone", () =>
      sent.every((name) => first.handled.has(name) !== second.handled.has(name)),
    );
    const doubted = (group: string | undefined, got: ReadonlySet<string>) => ({
      state: "in-doubt" as const,
      group: group ?? "",
      names: sent.filter((name) => !got.has(name)),
    });
    return { lost: [], says: [], may: [doubted(eu, first.handled), doubted(us, second.handled)] };
  },
};
