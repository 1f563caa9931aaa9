import { consume, nameIn } from "../lab/consume.ts";
import { HeldSockets } from "../lab/held-sockets.ts";
import { jobOf, namesIn } from "../lab/job.ts";
import { reportedOf } from "../lab/reported.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Messages that the application has sent lie in the buffers of its process, and never leave it: it is killed. */
export const scenario: Scenario = {
  id: "P13.buffer",
  title: "A producer is killed with messages in its buffer",
  world: { kafka: "shared" },
  broken: {
    rule: "what a producer that died never told the outcome of is in doubt",
    file: "packages/core/src/stream-facts.ts",
    from: 'const left = standing === "silent" || standing === "closed" ? inFlight : emptyRanges;',
    to: "const left = emptyRanges;",
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
    const told = async (what: string, count: number): Promise<readonly string[]> => {
      await shop.until(what, (values) => values.length >= count, 120_000);
      return namesIn(shop.told[count - 1]);
    };
    const sent = await told("send", 1);
    const buffered = await told("fill its buffer", 2);
    await lab.until("what is in the buffer to be reported", async () => {
      const [stream] = await lab.api.streams(topic);
      return stream?.["assigned"] === sent.length + buffered.length && stream["acked"] === sent.length;
    });
    shop.send("more");
    const unreported = await told("send more", 3);
    await shop.kill();
    lab.lostNow();

    await lab.until("what was stored to be worked", () => sent.every((name) => handled.has(name)));
    const stored = await lab.kafka.stored(topic);
    lab.check("nothing left the buffer", () => stored.length === sent.length && handled.size === sent.length);
    const doubt = { state: "in-doubt", verdict: "produce.uncertain", cause: "outcome-unknown", group: null } as const;
    await lab.until("the auditor to believe it dead", async () => {
      const [stream] = await lab.api.streams(topic);
      return stream?.["standing"] === "silent";
    });
    // Of what it sent in its very last moment nobody may ever have heard; what was heard of is in doubt too.
    const reported = await reportedOf(lab, topic);
    const heard = unreported.filter(reported);
    lab.figure("heardOfTheLastMoment", heard.length);
    return { lost: [], says: [{ ...doubt, names: [...buffered, ...heard] }] };
  },
  processes: {
    async shop(self) {
      const { topic } = jobOf(self);
      const service = self.service("shop");
      const sockets = new HeldSockets();
      const producer = service.kafka({}, { socketFactory: sockets.factory }).producer();
      await producer.connect();
      const sent: string[] = [];
      for (let round = 0; round < 20; round += 1) {
        const messages = service.messages(topic, 0, 5);
        await producer.send({ topic, messages });
        sent.push(...messages.map(({ value }) => value));
      }
      await self.tell(sent);

      sockets.holdRequests();
      /** Many sends at once, of which none will ever be answered. */
      const burst = (count: number): readonly string[] => {
        const messages = service.messages(topic, 0, count);
        for (const message of messages) producer.send({ topic, messages: [message] }).catch(() => undefined);
        return messages.map(({ value }) => value);
      };
      await self.tell(burst(50));
      await self.received((value) => value === "more");
      await self.tell(burst(25));
      await new Promise<void>(() => {});
    },
  },
};
