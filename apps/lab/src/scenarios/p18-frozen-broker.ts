import { KafkaTraffic } from "../lab/kafka-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

const maxRounds = 3;

/** A broker stops in the middle of everything, with its connections open, is given up by the others, and goes on. */
export const scenario: Scenario = {
  id: "P18.frozen",
  title: "A broker is frozen for longer than its session, and thawed",
  world: { kafka: "alone" },
  broken: {
    rule: "a send that was rejected is booked as such",
    file: "packages/kafkajs/src/send-outcome.ts",
    from: "if (reason === undefined) run?.uncertain();",
    to: "if (reason === undefined) run?.acked(0);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const shop = lab.service("shop");
    const config = { requestTimeout: 1_500, connectionTimeout: 1_000, retry: { retries: 2, initialRetryTime: 100 } };
    const producer = shop.kafka({}, config).producer();
    await producer.connect();
    const traffic = new KafkaTraffic(lab);
    const next = (loop: number) => shop.messages(topic, loop, 5);
    traffic.start({ topic, producer, next, loops: 3, pauseMs: 10 });
    const some = async (count: number) => {
      const enough = traffic.settledCount + count;
      await lab.until(`${count} more messages`, () => traffic.settledCount >= enough);
    };
    await some(300);
    // A send fails for good when its try meets the freeze at the wrong moment: again until one did.
    let rounds = 0;
    for (let unsentCount = 0; unsentCount === 0 && rounds < maxRounds; rounds += 1) {
      const frozen = await lab.kafka.leaderOf(topic, 0);
      await lab.broker(frozen).pause();
      await lab.until("another leader", async () => ![frozen, -1].includes(await lab.kafka.leaderOf(topic, 0)));
      await some(100);
      await lab.broker(frozen).resume();
      await some(300);
      unsentCount = (await traffic.truth(topic)).unsent.length;
    }
    lab.lostNow();
    await traffic.stop();

    const { lost, unsent } = await traffic.truth(topic);
    lab.figure("rounds", rounds);
    lab.figure("sent", traffic.settledCount);
    lab.figure("lost", lost.length);
    lab.figure("unsent", unsent.length);
    const mayBeEmpty = "a client whose every send is answered or fails loses nothing in silence";
    return {
      lost,
      says: [
        { state: "confirmed", verdict: "produce.ack-missing", group: null, names: lost, mayBeEmpty },
        { state: "not-sent", group: null, names: unsent },
      ],
    };
  },
};
