import { consume, nameIn } from "../lab/consume.ts";
import { jobOf, namesIn } from "../lab/job.ts";
import { reportedOf } from "../lab/reported.ts";
import type { Scenario } from "../lab/scenario.ts";

/** One send at a time in each, so that the names follow the stamps. */
const partitions = [0, 1, 2, 3, 4, 5];

/** kill -9 wherever it happens to be: what is in the log is worked, and nothing that was acknowledged is missing. */
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
    const topic = await lab.kafka.topic("orders", { partitions: partitions.length });
    const handled = new Set<string>();
    await consume(lab, lab.service("worker").kafka(), {
      group: lab.name("billing"),
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    const shop = lab.start("shop", { topic });
    await lab.until("its streams to be known", async () => {
      const streams = await lab.api.streams(topic);
      return streams.length === partitions.length && streams.every(({ reports }) => Number(reports) >= 2);
    });
    // Anywhere between two of its reports.
    const enough = shop.told.length + Math.floor(Math.random() * 300);
    await shop.until("be in the middle of it", (told) => told.length > enough);
    await shop.kill();
    lab.lostNow();

    const told = (what: string): readonly string[] =>
      shop.told.flatMap((news) => namesIn(Reflect.get(Object(news), what)));
    const begun = told("begun");
    const acked = told("acked");
    const stored = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    await lab.until("what was stored to be worked", () => [...stored].every((name) => handled.has(name)));
    await lab.until("the auditor to believe it dead", async () => {
      const streams = await lab.api.streams(topic);
      return streams.every(({ standing }) => standing === "silent");
    });
    const reported = await reportedOf(lab, topic);
    // What it left behind is said a grace time later.
    await lab.passes(5);
    lab.check("what was acknowledged was stored", () => acked.every((name) => stored.has(name)));
    lab.figure("acked", acked.length);
    lab.figure("begun", begun.length);
    lab.figure("stored", stored.size);
    // What it had not told the outcome of and the log does not hold: in doubt where it was reported at all, else unheard of.
    const names = begun.filter((name) => !stored.has(name) && reported(name));
    const doubt = { state: "in-doubt", verdict: "produce.uncertain", cause: "outcome-unknown", group: null } as const;
    const mayBeEmpty = "what had left the process at the kill the brokers usually store";
    return { lost: [], says: [{ ...doubt, names, mayBeEmpty }] };
  },
  processes: {
    async shop(self) {
      const { topic } = jobOf(self);
      const service = self.service("shop");
      const producer = service.kafka().producer();
      await producer.connect();
      const work = async (partition: number): Promise<void> => {
        for (;;) {
          const messages = service.messages(topic, partition, 10);
          const names = messages.map(({ value }) => value);
          // What was told before the kill arrives: so the play knows of all that it ever gave to kafkajs.
          await self.tell({ begun: names });
          await producer.send({ topic, messages });
          await self.tell({ acked: names });
        }
      };
      await Promise.all(partitions.map(work));
    },
  },
};
