import type { Scenario } from "../lab/scenario.ts";

/** The only broker of a partition is away for longer than the client retries. */
export const scenario: Scenario = {
  id: "P7",
  title: "A broker is away for longer than the retries: the send rejects, and was not sent",
  world: { kafka: "alone" },
  broken: {
    rule: "a send that was rejected is booked as such",
    file: "packages/kafkajs/src/send-outcome.ts",
    from: "if (reason === undefined) run?.uncertain();",
    to: "if (reason === undefined) run?.acked(0);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { assignment: [[2]] });
    const shop = lab.service("shop");
    const producer = shop.kafka().producer({ retry: { retries: 2, initialRetryTime: 100 } });
    await producer.connect();
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    await lab.broker(2).stop("SIGTERM");
    const messages = shop.messages(topic, 0, 3);
    const [outcome] = await Promise.allSettled([producer.send({ topic, messages })]);
    await lab.broker(2).start();
    await lab.until("the partition to be led again", async () => (await lab.kafka.leaderOf(topic, 0)) === 2);

    const names = messages.map(({ value }) => value);
    const stored = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    lab.check("the send was rejected", () => outcome.status === "rejected");
    lab.check("nothing of it was stored", () => names.every((name) => !stored.has(name)));
    return { lost: [], says: [{ state: "not-sent", verdict: "produce.uncertain", group: null, names }] };
  },
};
