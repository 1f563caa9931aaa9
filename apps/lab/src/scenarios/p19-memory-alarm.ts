import type { Scenario } from "../lab/scenario.ts";
import type { WatchNotice } from "../lab/service.ts";

/** The broker runs low on memory: it blocks whoever publishes, and confirms nothing until the alarm is over. */
export const scenario: Scenario = {
  id: "P19",
  title: "Confirms stay away while the broker has a memory alarm, and come when it is over",
  world: { rabbitmq: "alone" },
  broken: {
    rule: "what has had no confirm for too long is booked as uncertain",
    file: "packages/amqplib/src/out-stream.ts",
    from: "this.ledger.age(nowMs, outcomeLimitMs);",
    to: "",
    mayThrow: "in vain for the findings to say that nobody knows",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("orders");
    const warnings: string[] = [];
    const observer = {
      finding: () => undefined,
      notice: (notice: WatchNotice) =>
        void (notice.kind === "warning" && warnings.push(`${notice.code} ${notice.text}`)),
    };
    const shop = lab.service("shop");
    const channel = await (await shop.amqp({ confirmWithinMs: 3_000, observer })).createConfirmChannel();
    const publish = (count: number) => {
      const names = shop.names("", queue, count);
      for (const name of names) channel.sendToQueue(queue, Buffer.from(name), { persistent: true });
      return names;
    };
    publish(1);
    await channel.waitForConfirms();
    const control = lab.site.amqp?.control;
    if (control === undefined) throw new Error("The row needs a RabbitMQ of the lab's own.");
    await control(["set_vm_memory_high_watermark", "0.000001"]);
    lab.afterwards(async () => void (await control(["set_vm_memory_high_watermark", "0.4"])));
    const waiting = publish(25);
    await lab.until("the findings to say that nobody knows", async () => {
      const own = (await lab.api.findings()).filter(({ partition }) => partition === queue);
      const said = own.filter(({ state, verdict }) => state === "not-sent" && verdict === "produce.uncertain");
      return said.reduce((sum, { messageCount }) => sum + messageCount, 0) === waiting.length;
    });
    lab.check("a warning names the channel and the age", () =>
      warnings.some((text) => /^CONFIRMS_OVERDUE 25 messages on channel \d+ of \S+ .* the oldest for \d+ s/.test(text)),
    );
    await control(["set_vm_memory_high_watermark", "0.4"]);
    await channel.waitForConfirms();

    lab.check("all are in the queue after all", async () => (await lab.rabbitmq.count(queue)) === waiting.length + 1);
    return { lost: [], says: [{ state: "explained", verdict: "produce.uncertain", group: null, names: waiting }] };
  },
};
