import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** All that one producer ever sent is purged before anybody saw a message of it. Another's stream goes on. */
export const scenario: Scenario = {
  id: "L22",
  title: "The whole stream of a producer is lost before anybody saw any of it",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue that was bound before the stream began has to get it from its first message on",
    file: "packages/core/src/judge-rabbitmq-queue.ts",
    from: "const from = expectsAll ? 1 : lowestOf(firstOf(received), expectsFrom);",
    to: "const from = firstOf(received);",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("orders");
    const known = await openSender(lab, "known");
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await known.send("", queue, 1));
    await worker.stop();
    const unlucky = await openSender(lab, "unlucky");
    const lost: string[] = [];
    // Its first reports may be older than somebody who left just before: see docs/decisions/0004.
    await lab.until("the second producer to be established", async () => {
      lost.push(...(await unlucky.send("", queue, 1)));
      const all = await lab.api.streams("");
      return all.some((one) => one["service"] === unlucky.service.name && Number(one["reports"]) >= 6);
    });
    await lab.passes(2);
    const early = [...lost];
    lost.push(...(await unlucky.send("", queue, 40)));
    await lab.knows("", queue, lost.at(-1));
    await (await lab.rabbitmq.channel()).purgeQueue(queue);
    lab.lostNow();
    const next = await openWorker(lab, queue, { base: "worker-2" });
    const after = await known.send("", queue, 20);
    await lab.until("the other producer's to be worked", () => hasAll(after, next.handled));

    const surely = lost.filter((name) => !early.includes(name));
    return {
      lost,
      says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: surely }],
      may: [
        { state: "confirmed", verdict: "store.dropped", group: queue, names: early },
        { state: "in-doubt", cause: "joined-late", group: queue, names: early },
      ],
    };
  },
};
