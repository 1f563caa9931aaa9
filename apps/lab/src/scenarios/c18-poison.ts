import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A handler fails at one message for ever. kafkajs tries again, and starts again. At last the application goes past it. */
export const scenario: Scenario = {
  id: "C18",
  title: "A poison message waits, with its age and tries, until the application moves on",
  world: { kafka: "shared" },
  broken: {
    rule: "a message whose handler failed stays in its member's claim, with its tries",
    file: "packages/kafkajs/src/handler-watch.ts",
    from: "      } catch (error) {\n        // It passes through; kafkajs then fetches from this message on, so nothing is booked for it.\n        member.failedTries += 1;",
    to: "      } catch (error) {\n        member.failedTries = 0;",
    mayThrow: "in vain for the API to show what waits",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 10);
    const poison = names[4] ?? "";
    const handled = new Set<string>();
    let tries = 0;
    const consumer = await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      config: { retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 200 } },
      eachMessage: async ({ message }) => {
        if (nameIn(message) === poison) {
          tries += 1;
          throw new Error("No such lamp.");
        }
        handled.add(nameIn(message));
      },
    });
    let restarts = 0;
    consumer.on(consumer.events.CRASH, () => void (restarts += 1));
    await lab.until("kafkajs to have started the consumer again", () => restarts >= 2);
    await lab.until("the API to show what waits, and how often it was tried", async () => {
      const [stream] = await lab.api.streams(topic);
      const text = JSON.stringify(stream?.["groups"]) ?? "";
      const inWork = /"waiting":6,.*"inWork":\{"offset":4,"forMs":(\d+),"tries":(\d+)\}/.exec(text);
      return Number(inWork?.[1]) > 1_000 && Number(inWork?.[2]) >= 5;
    });
    const { findings } = await lab.api.get(`/api/v1/findings?destination=${topic}`);
    if (JSON.stringify(findings) !== "[]") throw new Error("Something is said of a message that waits.");

    consumer.seek({ topic, partition: 0, offset: "5" });
    lab.lostNow();
    await lab.until("the rest to be worked", () => names.slice(5).every((name) => handled.has(name)));
    lab.figure("tries", tries);
    return { lost: [poison], says: [{ state: "confirmed", verdict: "consume.skipped", group, names: [poison] }] };
  },
};
