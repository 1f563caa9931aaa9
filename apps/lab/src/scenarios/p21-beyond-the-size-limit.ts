import type { Scenario } from "../lab/scenario.ts";

/** Too large with or without stamps: the broker refuses it, and nobody in the application listens. */
export const scenario: Scenario = {
  id: "P21.beyond",
  title: "A batch beyond the size limit is refused as without Seqwatch, and counts as not sent",
  world: { kafka: "shared" },
  broken: {
    rule: "a refused batch that was too large for stamps gets its sequences after the fact",
    file: "packages/kafkajs/src/unstamped-batches.ts",
    from: "      run.voided(reason);\n    }\n  }\n}",
    to: "    }\n  }\n}",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const shop = lab.service("shop");
    // Its messages are told apart by their places.
    const producer = shop.kafka({ reference: () => undefined }).producer();
    const bare = lab.kafka.bare().producer();
    await Promise.all([producer.connect(), bare.connect()]);
    lab.afterwards(async () => await bare.disconnect());
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    const names = shop.names(topic, 0, 12_000);
    const messages = names.map((key) => ({ key, value: ".".repeat(100), partition: 0 }));
    const [refused] = await Promise.allSettled([producer.send({ topic, messages })]);
    const [bareRefused] = await Promise.allSettled([bare.send({ topic, messages })]);
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    const stored = await lab.kafka.stored(topic);
    lab.check("it was rejected as by the bare client", () => errorOf(refused) === errorOf(bareRefused));
    lab.check("nothing of it was stored", () => stored.length === 10);
    return { lost: [], says: [{ state: "not-sent", verdict: "produce.rejected", group: null, names }] };
  },
};

function errorOf(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === "rejected" ? String(outcome.reason) : "no error";
}
