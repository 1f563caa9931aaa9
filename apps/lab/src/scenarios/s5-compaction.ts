import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** Compaction removes older messages of each key while the group that should read them rests: by design, no loss. */
export const scenario: Scenario = {
  id: "S5",
  title: "Compaction removes older messages of a key before a slow group gets there",
  world: { kafka: "shared" },
  broken: {
    rule: "a hole below the cleaned point of a compacted topic is explained",
    file: "packages/core/src/kafka-compacted.ts",
    from: "if (reading === undefined || !place.exact",
    to: "if (reading !== undefined || !place.exact",
  },
  async play(lab) {
    const config = {
      "cleanup.policy": "compact",
      "min.cleanable.dirty.ratio": "0.01",
      "segment.ms": "1000",
      "max.compaction.lag.ms": "2000",
      "min.compaction.lag.ms": "0",
    };
    const topic = await lab.kafka.topic("prices", { config });
    const group = lab.name("shelf");
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    await producer.connect();
    const sent: string[] = [];
    const send = async (count: number, key: (index: number) => string) => {
      const messages = shop.messages(topic, 0, count).map((message, index) => ({ ...message, key: key(index) }));
      await producer.send({ topic, messages });
      sent.push(...messages.map(({ value }) => value));
    };

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await send(1, () => "any"));
    await worker.leave();
    const before = sent.length;
    await send(30, (index) => `price-${index % 3}`);
    await lab.knows(topic, 0, sent.at(-1));
    // A closed segment is what the cleaner looks at: the next message begins another one.
    const names = async () => new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    await lab.until("the cleaner to have come by", async () => {
      await send(1, () => "other");
      await lab.passes(2);
      const kept = await names();
      return sent.slice(before, before + 27).every((name) => !kept.has(name));
    });
    const kept = await names();
    const again = await Worker.start(lab, lab.service("worker-again").kafka(), { group, topic });
    await lab.until("the rest to be worked", () =>
      again.hasHandled(sent.slice(before).filter((name) => kept.has(name))),
    );
    const removed = sent.slice(before).filter((name) => !kept.has(name));
    return { lost: [], says: [{ state: "explained", verdict: "store.compacted", group, names: removed }] };
  },
};
