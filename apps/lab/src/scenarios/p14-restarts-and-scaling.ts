import { setInterval } from "node:timers/promises";
import { consume, nameIn } from "../lab/consume.ts";
import type { Ground } from "../lab/ground.ts";
import { nameOf } from "../lab/names.ts";
import type { Scenario } from "../lab/scenario.ts";

interface Job {
  readonly topic: string;
  readonly service: string;
}

/** One life of an application that sends. */
interface Instance {
  /** Ends it as a deploy does, and resolves to the names of all that it sent. */
  end(): Promise<readonly string[]>;
}

const partitions = [0, 1, 2];
/** How often each instance sends. */
const everyMs = 50;

/** One instance of an application becomes five, all five are replaced one after the other, and two stay. */
export const scenario: Scenario = {
  id: "P14",
  title: "Producers are deployed, restarted and scaled from one to five to two under load",
  world: { kafka: "shared" },
  broken: {
    rule: "each life of a producer has streams of its own",
    file: "packages/kafkajs/src/streams.ts",
    from: "this.#producerId = client.newProducerId();",
    to: 'this.#producerId = "AAAAAAAAAAA";',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: partitions.length });
    const handled: string[] = [];
    await consume(lab, lab.service("worker").kafka(), {
      group: lab.name("billing"),
      topic,
      eachMessage: async ({ message }) => void handled.push(nameIn(message)),
    });
    // The oldest one and what replaces it are processes of their own.
    const startProcess = async (service: string): Promise<Instance> => {
      const shop = lab.start("shop", { topic, service });
      await shop.until("send", (told) => told.length > 0, 120_000);
      const end = async (): Promise<readonly string[]> => {
        shop.send("end");
        await shop.end();
        return toNames(topic, lab.name(service), Number(shop.told.at(-1)));
      };
      return { end };
    };
    const start = async (service: string): Promise<Instance> => {
      const shop = await startShop(lab, { topic, service });
      return { end: async () => toNames(topic, lab.name(service), await shop.end()) };
    };

    const sent: string[] = [];
    const oldest = await startProcess("old-1");
    const others = await Promise.all(["old-2", "old-3", "old-4", "old-5"].map(start));
    const young: Instance[] = [];
    for (const [at, old] of [oldest, ...others].entries()) {
      const [next, names] = await Promise.all([(at === 0 ? startProcess : start)(`new-${at + 1}`), old.end()]);
      young.push(next);
      sent.push(...names);
    }
    for (const shop of young.slice(2)) sent.push(...(await shop.end()));
    const count = handled.length;
    await lab.until("the two that stay to go on", () => handled.length >= count + 100);
    for (const shop of young.slice(0, 2)) sent.push(...(await shop.end()));

    await lab.until("all to be worked", () => new Set(handled).size >= sent.length);
    const known = new Set(sent);
    lab.check("each was worked once", () => handled.length === sent.length && handled.every((name) => known.has(name)));
    lab.check("ten lives had three streams each, and all have ended", async () => {
      const streams = await lab.api.streams(topic);
      return streams.length === 10 * partitions.length && streams.every(({ isEnded }) => isEnded === true);
    });
    lab.figure("sent", sent.length);
    return { lost: [], says: [] };
  },
  processes: {
    async shop(self) {
      const shop = await startShop(self, jobIn(self.input));
      await self.tell("sends");
      await self.received((value) => value === "end");
      await self.tell(await shop.end());
    },
  },
};

/** Sends two messages to each partition again and again; its end resolves to how many each got. */
async function startShop(ground: Ground, { topic, service: base }: Job): Promise<{ end(): Promise<number> }> {
  const service = ground.service(base);
  const producer = service.kafka().producer();
  await producer.connect();
  let isEnding = false;
  let count = 0;
  const round = async (): Promise<void> => {
    await Promise.all(partitions.map((at) => producer.send({ topic, messages: service.messages(topic, at, 2) })));
    count += 2;
  };
  const work = async (): Promise<void> => {
    for await (const _ of setInterval(everyMs)) {
      if (isEnding) return;
      await round();
    }
  };
  await round();
  const worked = work();
  const end = async (): Promise<number> => {
    isEnding = true;
    await worked;
    await producer.disconnect();
    await service.close();
    return count;
  };
  return { end };
}

function toNames(destination: string, service: string, count: number): readonly string[] {
  const sequences = Array.from({ length: count }, (_, index) => index + 1);
  return partitions.flatMap((partition) =>
    sequences.map((sequence) => nameOf({ service, destination, partition, sequence })),
  );
}

function jobIn(input: unknown): Job {
  const read = (key: string): string => String(Reflect.get(Object(input), key));
  return { topic: read("topic"), service: read("service") };
}
