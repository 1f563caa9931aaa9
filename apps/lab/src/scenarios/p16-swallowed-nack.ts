import type { Scenario } from "../lab/scenario.ts";

/** Nobody listens to the confirms: the nacks of a full queue go unheard, and the process lives on. */
export const scenario: Scenario = {
  id: "P16.rabbitmq",
  title: "An application ignores the nacks of a full queue",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what the broker nacked is a finding of its own kind",
    file: "packages/core/src/judge-rabbitmq-stream.ts",
    from: 'nacked: "produce.nacked",',
    to: 'nacked: "produce.rejected",',
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("refusing", {
      maxLength: 25,
      arguments: { "x-overflow": "reject-publish" },
    });
    const shop = lab.service("shop");
    const channel = await (await shop.amqp()).createConfirmChannel();
    const names = shop.names("", queue, 100);
    for (const name of names) channel.sendToQueue(queue, Buffer.from(name), { persistent: true });
    await channel.waitForConfirms().catch(() => undefined);

    const stored = new Set(await lab.rabbitmq.drain(queue));
    const refused = names.filter((name) => !stored.has(name));
    lab.check("some were refused", () => refused.length > 50);
    return { lost: [], says: [{ state: "not-sent", verdict: "produce.nacked", group: null, names: refused }] };
  },
};
