import { CompressionTypes } from "kafkajs";
import { isCompletelyAudited } from "../lab/complete-audit.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

const rounds = 20;
const parallelSends = 20;

/** Twenty sends at once, small and big, plain and packed: their order in the log is not the order of their stamps. */
export const scenario: Scenario = {
  id: "A10",
  title: "Twenty parallel sends of mixed sizes arrive out of order",
  world: { kafka: "shared" },
  broken: {
    rule: "an answer that comes after those of later messages counts as well",
    file: "packages/core/src/ledger.ts",
    from: "    addRange(this.#acked, first, last);",
    to: "    if (first > (this.#acked.at(-1) ?? 0)) addRange(this.#acked, first, last);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    await producer.connect();
    const names: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const sends = Array.from({ length: parallelSends }, async (_, at) => {
        // The key carries the weight: the value is the name.
        const key = "k".repeat(at % 3 === 0 ? 40_000 : 10);
        const messages = shop.messages(topic, 0, 1 + (at % 7)).map((message) => ({ ...message, key }));
        names.push(...messages.map(({ value }) => value));
        const compression = at % 2 === 0 ? CompressionTypes.GZIP : CompressionTypes.None;
        await producer.send({ topic, messages, compression });
      });
      await Promise.all(sends);
    }
    await lab.until("everything to be handled", () => worker.hasHandled(names));
    const stored = await lab.kafka.stored(topic);
    const places = new Map(names.map((name, at) => [name, at]));
    const shifts = stored.map(({ name }, at) => Math.abs((places.get(name) ?? at) - at));
    lab.figure("farthest from its place", Math.max(...shifts));
    lab.check("the log's order is another one", () => Math.max(...shifts) > 0);
    lab.check("every message is accounted for", async () =>
      isCompletelyAudited(lab, topic, { sent: names.length, group }),
    );
    return { lost: [], says: [] };
  },
};
