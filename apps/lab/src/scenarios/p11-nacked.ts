import { openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A full queue that refuses: the broker answers with a nack, and the application hears it. */
export const scenario: Scenario = {
  id: "P11",
  title: "A full queue refuses what comes: the broker nacks it",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a nack says that the message was certainly not stored",
    file: "packages/amqplib/src/confirms.ts",
    from: 'else stream.ledger.bookVoid(sequence, sequence, "nacked");',
    to: "else stream.ledger.bookAcked(sequence, sequence);",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("refusing", {
      maxLength: 10,
      arguments: { "x-overflow": "reject-publish" },
    });
    const shop = await openSender(lab);
    const names = shop.service.names("", queue, 60);
    const nacked: string[] = [];
    let answered = 0;
    for (const name of names)
      shop.channel.sendToQueue(queue, Buffer.from(name), { persistent: true }, (error: unknown) => {
        answered += 1;
        if (error) nacked.push(name);
      });
    await lab.until("every answer", () => answered === names.length);

    lab.check("most were refused", () => nacked.length > 40);
    return { lost: [], says: [{ state: "not-sent", verdict: "produce.nacked", group: null, names: nacked }] };
  },
};
