import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A worker rests, the log's beginning passes its position, and by its own setting it goes on at the end of the log. */
export const scenario: Scenario = {
  id: "C4",
  title: "The position is out of range, and the worker jumps to the latest message",
  world: { kafka: "shared" },
  broken: {
    rule: "what lies between the last batch and a position that was reset was jumped over",
    file: "packages/kafkajs/src/assigned-lane.ts",
    from: "if (this.#expected !== undefined && !isContinued && first > this.#expected) this.member.testimony.seeked();",
    to: "",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const handled = new Set<string>();
    const kafka = lab.service("worker").kafka();
    const work = async (fromBeginning: boolean) =>
      await consume(lab, kafka, {
        group,
        topic,
        fromBeginning,
        eachMessage: async ({ message }) => void handled.add(nameIn(message)),
      });
    const send = async () => {
      const [name = ""] = await orders.send(topic, 1);
      await lab.until(`${name} to be worked`, () => handled.has(name));
    };
    const firstLife = await work(true);
    await send();
    await firstLife.disconnect();
    const consumer = await work(false);
    await send();
    consumer.pause([{ topic }]);
    const missed = [...(await orders.send(topic, 30))];
    const admin = await lab.kafka.admin();
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "20" }] });
    consumer.resume([{ topic }]);
    lab.lostNow();
    const handledBefore = handled.size;
    await lab.until("the worker to go on at the end", async () => {
      missed.push(...(await orders.send(topic, 1)));
      return handled.size > handledBefore;
    });

    const [first = ""] = [...handled].slice(handledBefore);
    const lost = missed.slice(0, missed.indexOf(first));
    await lab.until("the rest to be worked", () => missed.slice(lost.length).every((name) => handled.has(name)));
    return { lost, says: [{ state: "confirmed", verdict: "consume.skipped", group, names: lost }] };
  },
};
