import { consume, nameIn } from "../lab/consume.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A producer is killed with messages in its buffer: what it had not reported nobody can know, and no more than that. */
export const scenario: Scenario = {
  id: "P13",
  title: "A producer is killed in the middle of a burst",
  world: { kafka: "shared" },
  broken: {
    rule: "what a producer that is gone never told the outcome of is no loss",
    file: "packages/core/src/stream-facts.ts",
    from: "const promised = difference(unionAll([ledger.acked, ledger.omitted, ledger.told, seen]), voided);",
    to: "const promised = rangeOf(1, ledger.assigned + 50);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const handled = new Set<string>();
    await consume(lab, lab.service("worker").kafka(), {
      group: lab.name("billing"),
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    const shop = lab.start("shop", { topic });
    await shop.until("be in the middle of its burst", (told) => told.length > 300, 120_000);
    await shop.kill();

    await lab.until("what was stored to be handled", async () => {
      return (await lab.kafka.stored(topic)).every(({ name }) => handled.has(name));
    });
    const asked = shop.told.map(String);
    const left = asked.filter((name) => !handled.has(name));
    lab.figure("asked", asked.length);
    lab.figure("left", left.length);
    lab.check("nothing but that is in doubt", async () => {
      const [stream] = await lab.api.streams(topic);
      return stream?.["standing"] === "silent" && stream["lost"] === 0;
    });
    // How much of it the producer had reported as on its way depends on the moment.
    return { lost: [], says: [], may: [{ state: "in-doubt", verdict: "produce.uncertain", group: null, names: left }] };
  },
  processes: {
    async shop(self) {
      const { topic } = Object(self.input);
      const shop = self.service("shop");
      const producer = shop.kafka().producer();
      await producer.connect();
      for (let sends = 0; sends < 100_000; sends += 1) {
        const messages = shop.messages(topic, 0, 1);
        for (const { value } of messages) void self.tell(value);
        const sent = producer.send({ topic, messages }).catch(() => undefined);
        if (sends % 20 === 19) await sent;
      }
    },
  },
};
