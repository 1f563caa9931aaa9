import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** Some producers of a topic are not watched. Nothing is wrong, and the API shows how much of it is audited. */
export const scenario: Scenario = {
  id: "A7",
  title: "Producers without Seqwatch send into the same topic: coverage is shown",
  world: { kafka: "shared" },
  broken: {
    rule: "records without a stamp are counted",
    file: "packages/core/src/testimony.ts",
    from: `this.totals[kind === "unstamped" ? "unstamped" : "forwarded"] += 1;`,
    to: "",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const group = lab.name("billing");
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    const shop = lab.service("shop");
    const watched = shop.kafka().producer();
    const bare = lab.kafka.bare().producer();
    await Promise.all([watched.connect(), bare.connect()]);
    lab.leaving(async () => await bare.disconnect());
    const names: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      const messages = shop.messages(topic, round % 3, 10);
      const others = Array.from({ length: 5 }, (_, at) => ({ value: `bare|${round}|${at}`, partition: round % 3 }));
      await Promise.all([watched.send({ topic, messages }), bare.send({ topic, messages: others })]);
      names.push(...[...messages, ...others].map(({ value }) => value));
    }
    await lab.until("everything to be handled", () => worker.hasHandled(names));

    lab.check("the API shows that two thirds of what the group gets are audited", async () => {
      const { destinations } = await lab.api.get(`/api/v1/coverage?destination=${topic}`);
      const [, received = 0, unstamped = 0] =
        /"received":(\d+),"unstamped":(\d+),"forwarded":0/.exec(JSON.stringify(destinations))?.map(Number) ?? [];
      // What a rebalance hands out again counts again, so the figures are bounds; the share is the same.
      return received >= 450 && unstamped >= 150 && Math.abs(unstamped / received - 1 / 3) < 0.05;
    });
    return { lost: [], says: [] };
  },
};
