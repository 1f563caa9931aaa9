import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

const name = "production";

/** The producer gives the cluster a name of its own, the consumer takes the broker's. They do not speak of one place. */
export const scenario: Scenario = {
  id: "A12",
  title: "The same cluster is named differently on the two sides: blind, and shown with both names",
  world: { kafka: "shared" },
  broken: {
    rule: "what is sent under one name and read under another is said to be blind",
    file: "packages/core/src/cluster-names.ts",
    from: "if (!isSentUnheard(sent.record)) continue;",
    to: "if (isSentUnheard(sent.record)) continue;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 2 });
    const group = lab.name("billing");
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    const shop = lab.service("shop");
    const producer = shop.kafka({ cluster: name }).producer();
    await producer.connect();
    const messages = [0, 1].flatMap((partition) => shop.messages(topic, partition, 20));
    await producer.send({ topic, messages });
    await lab.until("everything to be handled", () => worker.hasHandled(messages.map(({ value }) => value)));

    const admin = await lab.kafka.admin();
    const { clusterId } = await admin.describeCluster();
    lab.check("the API calls the topic blind, with both names and the group", async () => {
      const { blind } = await lab.api.get(`/api/v1/coverage?destination=${topic}`);
      const clusters = JSON.stringify([name, clusterId]);
      const text = JSON.stringify(blind);
      return text.includes(`"clusters":${clusters},"groups":["${group}"],"partitions":2`);
    });
    lab.check("the status warns of it, and counts the streams as blind", async () => {
      const { warnings, streams } = await lab.api.get("/api/v1/status");
      return JSON.stringify(warnings).includes(topic) && Number(Reflect.get(Object(streams), "blind")) >= 2;
    });
    return { lost: [], says: [] };
  },
};
