import { consume, nameIn } from "../lab/consume.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A stranger leads the group, gets the new partition, works it, commits and leaves; a watched member takes it over. */
export const scenario: Scenario = {
  id: "C17.stranger",
  title: "A new partition is worked by a member without interceptor before the watched one gets it: never lost",
  world: { kafka: "shared" },
  broken: {
    rule: "only who gave out the partitions before knows that nobody had the new one",
    file: "packages/kafkajs/src/watched-consumer.ts",
    from: "this.#ledAs === memberId ? this.#partitionCounts.get(topic) : undefined",
    to: "this.#partitionCounts.get(topic)",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const group = lab.name("billing");
    const shop = lab.service("shop");
    const producer = shop
      .kafka({}, { retry: { retries: 10, initialRetryTime: 100 } })
      .producer({ metadataMaxAge: 500 });
    await producer.connect();
    const send = async (partition: number, count: number): Promise<readonly string[]> => {
      const messages = shop.messages(topic, partition, count);
      await producer.send({ topic, messages });
      return messages.map(({ value }) => value);
    };
    const ours = new Set<string>();
    const foreign = new Set<string>();
    const work = (handled: Set<string>, config = {}) => ({
      group,
      topic,
      config,
      eachMessage: async ({ message }: { readonly message: { readonly value: Buffer | null } }) =>
        void handled.add(nameIn(message)),
    });
    const isWorked = (names: readonly string[]) => names.every((name) => ours.has(name) || foreign.has(name));
    const stranger = await consume(
      lab,
      lab.kafka.bare({ clientId: "stranger" }),
      work(foreign, { metadataMaxAge: 1_000 }),
    );
    await consume(lab, lab.service("worker").kafka(), work(ours));
    const first = [...(await send(0, 3)), ...(await send(1, 3)), ...(await send(2, 3))];
    await lab.until("the first to be worked", () => isWorked(first));

    const admin = await lab.kafka.admin();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await lab.kafka.known(topic, 4);
    // With stale metadata a producer sends nothing at all to a partition that it does not know: another row's loss.
    const knower = shop.kafka().producer();
    await knower.connect();
    const messages = shop.messages(topic, 3, 20);
    await knower.send({ topic, messages });
    const between = messages.map(({ value }) => value);
    await lab.until("the new partition to be worked", () => isWorked(between));
    lab.check("the stranger had the new partition first", () => between.some((name) => foreign.has(name)));
    await lab.passes(3);
    await stranger.disconnect();
    const more = shop.messages(topic, 3, 5);
    await knower.send({ topic, messages: more });
    await lab.until("ours to work the new partition", () => more.every(({ value }) => ours.has(value)));

    const worked = [...first, ...between].filter((name) => foreign.has(name));
    return { lost: [], says: [], may: [{ state: "in-doubt", group, names: worked }] };
  },
};
