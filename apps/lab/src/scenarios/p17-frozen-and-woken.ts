import { setInterval } from "node:timers/promises";
import { consume, nameIn } from "../lab/consume.ts";
import { jobOf, namesIn } from "../lab/job.ts";
import { pace } from "../lab/load-pace.ts";
import type { Scenario } from "../lab/scenario.ts";

const frozenMs = 30_000;
/** How often each of its three loops sends. */
const everyMs = 20;

/** A process stands still for longer than anybody believes it alive, in the middle of its sends, and goes on. */
export const scenario: Scenario = {
  id: "P17",
  title: "A producer is frozen for half a minute under load, and woken",
  world: { kafka: "shared" },
  broken: {
    rule: "a client whose life sign changes again is alive",
    file: "packages/core/src/client-watch.ts",
    from: "before === undefined || before.sign.number !== sign.number ? reachableMs : before.signedAtMs",
    to: "before === undefined || (before.sign.number !== sign.number && reachableMs - before.signedAtMs < 10_000) ? reachableMs : before.signedAtMs",
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
    const standing = async () => (await lab.api.streams(topic))[0]?.["standing"];
    await lab.until("it to be known", async () => handled.size > 200 && (await standing()) === "alive");

    shop.pause();
    const frozenAtMs = performance.now();
    await lab.until("its life sign to be over", async () => (await standing()) === "silent");
    await pace(frozenAtMs + frozenMs - performance.now());
    const before = handled.size;
    shop.resume();
    await lab.until("it to send on", () => handled.size > before + 200);
    lab.check("it is alive again", async () => (await standing()) === "alive");
    shop.send("end");
    await shop.until("it to have sent all", (told) => told.length > 0);

    const sent = namesIn(shop.told[0]);
    const stored = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    await lab.until("all to be worked", () => sent.every((name) => handled.has(name)));
    lab.check("everything was stored", () => sent.every((name) => stored.has(name)));
    lab.check("it is one stream that went on", async () => {
      const streams = await lab.api.streams(topic);
      return streams.length === 1 && streams[0]?.["acked"] === sent.length && streams[0]["assigned"] === sent.length;
    });
    return { lost: [], says: [] };
  },
  processes: {
    async shop(self) {
      const { topic } = jobOf(self);
      const service = self.service("shop");
      const producer = service.kafka().producer();
      await producer.connect();
      let isEnding = false;
      void self.received((value) => value === "end").then(() => (isEnding = true));
      const sent: string[] = [];
      const work = async (): Promise<void> => {
        for await (const _ of setInterval(everyMs)) {
          if (isEnding) break;
          const messages = service.messages(topic, 0, 5);
          await producer.send({ topic, messages });
          sent.push(...messages.map(({ value }) => value));
        }
      };
      await Promise.all([work(), work(), work()]);
      await self.tell(sent);
      // It lives on, so that it can be seen to.
      await new Promise<void>(() => {});
    },
  },
};
