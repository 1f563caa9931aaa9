import { consumeFrom, hasAll, openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A stream queue keeps what it delivers: each reader starts where it wishes, and all get the same. */
export const scenario: Scenario = {
  id: "R6",
  title: "A stream queue: every reader gets all of it, from where it asks",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "only of classic and quorum queues does delivery prove anything",
    file: "apps/auditor/src/evidence/rabbitmq.ts",
    from: '(type === "classic" || type === "quorum")',
    to: "true",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("log", { arguments: { "x-queue-type": "stream" } });
    const shop = await openSender(lab);
    const read = async (base: string, offset: string | number) => {
      const channel = await (await lab.service(base).amqp()).createChannel();
      return await consumeFrom(channel, queue, { prefetch: 100, arguments: { "x-stream-offset": offset } });
    };
    const whole = await read("whole", "first");
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    const burst = await shop.send("", queue, 200);
    await lab.until("the first reader to have it", () => hasAll(burst, whole.handled));
    await whole.stop();
    // Nobody reads these: a reader that starts behind them was never to get them.
    const unread = await shop.send("", queue, 50);
    const next = await read("next", "next");
    const last = await shop.send("", queue, 50);
    await lab.until("the second reader to have the end", () => hasAll(last, next.handled));
    // By all that holds of another queue it has now passed what nobody read.
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await lab.rested();
    await lab.rested();
    const again = await read("again", "first");
    await lab.until("the third reader to have it all", () => hasAll([...burst, ...last], again.handled));

    lab.check("what nobody had read yet is there for the third", () => hasAll(unread, again.handled));
    return { lost: [], says: [] };
  },
};
