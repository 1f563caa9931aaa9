import { consumeFrom, hasAll, openSender } from "../lab/amqp-traffic.ts";
import { claimsOf } from "../lab/names.ts";
import type { Scenario } from "../lab/scenario.ts";

/** An exclusive queue: the broker tells nobody but its owner how many consume from it, so nothing can be proven of it. */
export const scenario: Scenario = {
  id: "C14.exclusive",
  title: "An exclusive queue goes with its connection: unprovable, and nothing is called lost",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue that the broker does not let us look into has an unknown number of consumers, not none",
    file: "apps/auditor/src/evidence/queue-counter.ts",
    from: "if (code === 403 || code === 405) {",
    to: 'if (code === 405) return { kind: "counted", consumerCount: 0, readyCount: 0 };\n      if (code === 403) {',
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("prices", "fanout");
    const steady = await lab.rabbitmq.queue("steady", { bindTo: exchange, keys: [""] });
    const shop = await openSender(lab);
    const archive = await consumeFrom(await (await lab.service("archive").amqp()).createChannel(), steady);
    const connection = await lab.service("instance").amqp();
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue(lab.name("instance"), { exclusive: true, maxLength: 50 });
    await channel.bindQueue(queue, exchange, "");
    const instance = await consumeFrom(channel, queue);
    const sent: string[] = [];
    const send = async (count: number) => {
      const names = await shop.send(exchange, "", count);
      sent.push(...names);
      return names;
    };
    await lab.established(exchange, "", async () => await send(1));
    await instance.stop();
    const burst = await send(100);
    const again = await consumeFrom(channel, queue);
    await lab.until("the rest to be worked", () => burst.slice(50).every((name) => again.handled.has(name)));
    const dropped = burst.slice(0, 50);
    const isUnprovable = async () => {
      const claims = (await lab.api.findings()).filter(({ group }) => group === queue).flatMap(claimsOf);
      const doubted = claims.filter(({ state, cause }) => state === "in-doubt" && cause === "log-not-readable");
      return hasAll(dropped, new Set(doubted.map(({ name }) => name)));
    };
    const wasUnprovable = await lab.until("what it threw away to be in doubt", isUnprovable, 40_000).then(
      () => true,
      () => false,
    );
    lab.check(
      "while the queue is there, what it threw away is in doubt: it cannot be looked into",
      () => wasUnprovable,
    );
    await connection.close();
    await send(100);
    await lab.until("the steady queue to be worked", () => hasAll(sent, archive.handled));
    await lab.established(exchange, "", async () => await send(1));

    const missed = sent.filter((name) => !instance.handled.has(name) && !again.handled.has(name));
    // It goes with its connection, as it was meant to; what it had thrown away before did not go with it.
    return {
      lost: dropped,
      says: [{ state: "in-doubt", cause: "log-not-readable", group: queue, names: dropped }],
      may: [{ state: "in-doubt", group: queue, names: missed }],
    };
  },
};
