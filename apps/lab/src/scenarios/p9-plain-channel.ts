import type { Scenario } from "../lab/scenario.ts";
import type { WatchNotice } from "../lab/service.ts";

/**
 * 5,000 publishes on a channel without confirms, and the connection is closed at once. Whoever publishes so is warned by a
 * notice of the interceptor, in the process itself: nobody outside can see that a channel has no confirms.
 */
export const scenario: Scenario = {
  id: "P9",
  title: "A channel without confirms is closed with messages still in its buffer",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what was told as sent on a plain channel, and that the queue passed, is in doubt",
    file: "packages/core/src/judge-rabbitmq-gaps.ts",
    from: 'add(inDoubt("no-confirms"), unconfirmed);',
    to: "",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("plain");
    const warnings: string[] = [];
    const observer = {
      finding: () => undefined,
      notice: (notice: WatchNotice) => void (notice.kind === "warning" && warnings.push(notice.code)),
    };
    const shop = lab.service("shop");
    const connection = await shop.amqp({ observer });
    const outgoing = await connection.createChannel();
    const handled = new Set<string>();
    const incoming = await (await lab.service("worker").amqp()).createChannel();
    await incoming.consume(queue, (message) => {
      if (message === null) return;
      handled.add(message.content.toString());
      incoming.ack(message);
    });
    const publish = (count: number) => {
      const names = shop.names("", queue, count);
      for (const name of names) outgoing.sendToQueue(queue, Buffer.from(name), { persistent: true });
      return names;
    };
    await lab.established("", queue, async () => publish(1));

    const burst = publish(5_000);
    await connection.close();
    await lab.until("what arrived to be worked", async () => {
      const { messages_ready, messages_unacknowledged } = Object(
        await lab.rabbitmq.manage("GET", `/queues/%2F/${encodeURIComponent(queue)}`),
      );
      return messages_ready === 0 && messages_unacknowledged === 0;
    });
    const missing = () => burst.filter((name) => !handled.has(name));
    lab.figure("missing", missing().length);
    lab.check("a warning says that the channel has no confirms", () => warnings.includes("NO_CONFIRMS"));
    return { lost: missing(), says: [{ state: "in-doubt", cause: "no-confirms", group: queue, names: missing() }] };
  },
};
