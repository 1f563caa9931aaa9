import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";
import { shiftClock } from "../lab/shift-clock.ts";

const hourMs = 3_600_000;

/** A field of what one process tells another. */
function at(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name);
}

function textsAt(value: unknown, name: string): readonly string[] {
  const found = at(value, name);
  return Array.isArray(found) ? found.map(String) : [];
}

/** The producer's clock is an hour fast, the consumer's an hour slow. No clock decides anything but the auditor's own. */
export const scenario: Scenario = {
  id: "A9",
  title: "Clocks are hours apart: what is lost is found, and nothing else",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "first in, first out: what was stamped before a delivered message was passed",
    file: "packages/core/src/judge-rabbitmq-cohorts.ts",
    from: "const hasPassed = seen.isEmptied || facts.firstDelivered > seen.above;",
    to: "const hasPassed = false;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("full", { maxLength: 100, arguments: { "x-overflow": "drop-head" } });
    const shop = lab.start("shop", { queue });
    const worker = lab.start("worker", { queue });
    const publish = async (count: number) => {
      const before = shop.told.length;
      shop.send({ publish: count });
      await shop.until("publish", (told) => told.length > before);
      return textsAt(shop.told.at(-1), "names");
    };
    const handled = () => new Set(worker.told.flatMap((told) => textsAt(told, "handled")));
    const isConsuming = async (consume: boolean) => {
      const before = worker.told.length;
      worker.send({ consume });
      await worker.until("consume", (told) => told.slice(before).some((one) => at(one, "consume") === consume));
    };

    await isConsuming(true);
    await lab.established("", queue, async () => await publish(1));
    await isConsuming(false);
    const burst = await publish(150);
    lab.lostNow();
    await isConsuming(true);
    await lab.until("the rest to be worked", () => burst.slice(50).every((name) => handled().has(name)));

    const lost = burst.filter((name) => !handled().has(name));
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: lost }] };
  },
  processes: {
    async shop(self) {
      shiftClock(hourMs);
      const queue = String(at(self.input, "queue"));
      const shop = await openSender(self);
      for (;;) {
        const count = Number(at(await self.received(), "publish"));
        await self.tell({ names: await shop.send("", queue, count) });
      }
    },
    async worker(self) {
      shiftClock(-hourMs);
      const queue = String(at(self.input, "queue"));
      const decide = (name: string) => {
        void self.tell({ handled: [name] });
        return "ack" as const;
      };
      for (;;) {
        await self.received((order) => at(order, "consume") === true);
        const worker = await openWorker(self, queue, { decide });
        await self.tell({ consume: true });
        await self.received((order) => at(order, "consume") === false);
        await worker.stop();
        await self.tell({ consume: false });
      }
    },
  },
};
