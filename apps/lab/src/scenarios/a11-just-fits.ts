import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

const limitBytes = 2_000;
/** More than a stamp takes. */
const window = 80;

/** Messages that the topic takes as they are, and would not take with one header more. */
export const scenario: Scenario = {
  id: "A11",
  title: "A message fits under max.message.bytes without the stamp and not with it: it goes out unstamped",
  world: { kafka: "shared" },
  broken: {
    rule: "what is refused for its size with the stamp goes out once more without it",
    file: "packages/kafkajs/src/watched-producer.ts",
    from: "const resent = isOurs ? await this.#sendUnstamped(prepared, sendBare) : undefined;",
    to: "const resent = isOurs ? undefined : undefined;",
    mayThrow: "a message larger than the max message size",
  },
  async play(lab) {
    const config = { "max.message.bytes": String(limitBytes) };
    const topic = await lab.kafka.topic("orders", { config });
    const probe = await lab.kafka.topic("probe", { config });
    const bare = lab.kafka.bare({ retry: { retries: 0 } }).producer();
    await bare.connect();
    lab.leaving(async () => await bare.disconnect());
    // What fits is found out, not reckoned: the largest that the topic takes from a client without Seqwatch.
    const shop = lab.service("shop");
    const name = shop.messages(topic, 0, 1)[0]?.value ?? "";
    let padding = limitBytes;
    const fits = async () =>
      await bare.send({ topic: probe, messages: [{ value: name.padEnd(padding, "."), partition: 0 }] }).then(
        () => true,
        () => false,
      );
    while (!(await fits())) padding -= 1;

    const group = lab.name("billing");
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    const producer = shop.kafka({ reference: ({ value }) => String(value).slice(0, 100) }).producer();
    await producer.connect();
    const sent: string[] = [];
    for (let bytes = padding - window; bytes <= padding; bytes += 1) {
      const value = `${name}#${bytes}`.padEnd(bytes, ".");
      await producer.send({ topic, messages: [{ value, partition: 0 }] });
      sent.push(value);
    }
    await lab.until("everything to be handled", () => worker.hasHandled(sent));

    const stored = await lab.kafka.stored(topic);
    const unstamped = stored.filter(({ headers }) => headers["seqwatch"] === undefined).length;
    lab.figure("unstamped", unstamped);
    lab.check("some went out with the stamp, some without", () => unstamped > 0 && unstamped < sent.length);
    lab.check("the API counts those without as such", async () => {
      const { destinations } = await lab.api.get(`/api/v1/coverage?destination=${topic}`);
      const text = JSON.stringify(destinations);
      return text.includes(`"stamped":`) && text.includes(`"unstamped":${unstamped},"groups"`);
    });
    return { lost: [], says: [] };
  },
};
