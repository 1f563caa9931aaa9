import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A topic is deleted with messages that its group had not worked, and made again under the same name. */
export const scenario: Scenario = {
  id: "S10",
  title: "A topic is deleted and made again, with messages still waiting in it",
  world: { kafka: "shared" },
  broken: {
    rule: "what lay above the place where the log was cut is gone",
    file: "packages/core/src/kafka-gone.ts",
    from: "const gone = older.filter((place) => place.low >= cut);",
    to: "const gone = older.filter((place) => place.low > cut + 1_000_000);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const shop = lab.service("shop");
    const producer = shop.kafka({}, { retry: { retries: 20, maxRetryTime: 500 } }).producer();
    await producer.connect();
    const sent: string[] = [];
    const send = async (count: number) => {
      const messages = shop.messages(topic, 0, count);
      await producer.send({ topic, messages });
      sent.push(...messages.map(({ value }) => value));
    };

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await send(1));
    await worker.leave();
    await send(50);
    await lab.knows(topic, 0, sent.at(-1));
    const lost = sent.filter((name) => !worker.handled.has(name));
    const admin = await lab.kafka.admin();
    await admin.deleteTopics({ topics: [topic] });
    lab.lostNow();
    await lab.kafka.remake(topic);
    await lab.passes(3);

    // The same producer goes on in the same stream, and the group begins anew.
    await send(20);
    const again = await Worker.start(lab, lab.service("worker-again").kafka(), { group, topic });
    await lab.until("the new ones to be worked", () => again.hasHandled(sent.slice(-20)));
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", names: lost }] };
  },
};
