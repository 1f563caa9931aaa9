import type { Scenario } from "../lab/scenario.ts";

/** With `onAckMissing: "resend"`, and no such partition for ever: the resend is bounded, and then the send rejects. */
export const scenario: Scenario = {
  id: "P3.reject",
  title: "A resend to a partition that does not exist gives up, and the send rejects",
  world: { kafka: "shared" },
  broken: {
    rule: "a resend that fails rejects the send",
    file: "packages/kafkajs/src/omissions.ts",
    from: "if (missing.length > 0) throw giveUp(missing, producer, cause);",
    to: "if (missing.length > 0) giveUp(missing, producer, cause);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const shop = lab.service("shop");
    const producer = shop.kafka({ onAckMissing: "resend" }).producer();
    await producer.connect();
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    const astray = shop.messages(topic, 99, 3);
    const beganAtMs = performance.now();
    const [outcome] = await Promise.allSettled([producer.send({ topic, messages: astray })]);
    lab.figure("rejectedAfterMs", Math.round(performance.now() - beganAtMs));
    lab.check("the send was rejected", () => outcome.status === "rejected");
    const names = astray.map(({ value }) => value);
    // The application was told, so nobody relies on them: not sent, which is not lost.
    return { lost: [], says: [{ state: "not-sent", verdict: "produce.uncertain", group: null, names }] };
  },
};
