import type { Scenario } from "../lab/scenario.ts";

/** acks=0: nobody is ever told. The leader is killed under load, and what lies between its last message and the next is gone. */
export const scenario: Scenario = {
  id: "P5",
  title: "Without acks a dead leader takes messages along: those that later ones overtook are found",
  world: { kafka: "alone" },
  broken: {
    rule: "what later messages of a stream without answers have overtaken, and the log does not hold, is lost",
    file: "packages/core/src/kafka-stream.ts",
    from: "const overtaken = intersection(proven, upTo(told, later - 1));",
    to: "const overtaken = intersection(proven, upTo(told, 0));",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const shop = lab.service("shop");
    const producer = shop.kafka({}, { retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 500 } }).producer();
    await producer.connect();
    const told: string[] = [];
    const refused: string[] = [];
    const send = async () => {
      const messages = shop.messages(topic, 0, 2);
      const names = messages.map(({ value }) => value);
      const [outcome] = await Promise.allSettled([producer.send({ topic, messages, acks: 0 })]);
      (outcome.status === "fulfilled" ? told : refused).push(...names);
    };
    for (let sends = 0; sends < 50; sends += 1) await send();
    const leader = await lab.kafka.leaderOf(topic, 0);
    const killed = lab.broker(leader).stop("SIGKILL");
    for (let sends = 0; sends < 100; sends += 1) await send();
    await killed;
    await lab.until("another leader", async () => ![leader, -1].includes(await lab.kafka.leaderOf(topic, 0)));
    lab.lostNow();
    // Until what is sent arrives again: then nothing is in doubt for want of a later message.
    const isStored = async (name: string) => (await lab.kafka.stored(topic)).some((record) => record.name === name);
    await lab.until("messages to arrive again", async () => {
      await send();
      return await isStored(told.at(-1) ?? "");
    });
    await lab.broker(leader).start();

    const stored = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    const lost = told.filter((name) => !stored.has(name));
    const unsent = refused.filter((name) => !stored.has(name));
    lab.figure("lost", lost.length);
    lab.check("the stream is shown as one without answers", async () => {
      const [stream] = await lab.api.streams(topic);
      return stream?.["confirms"] === false;
    });
    return {
      lost,
      says: [
        { state: "confirmed", verdict: "store.missing", group: null, names: lost },
        { state: "not-sent", group: null, names: unsent, mayBeEmpty: "without acks kafkajs rarely notices a failure" },
      ],
    };
  },
};
