import { KafkaProxy } from "../lab/kafka-proxy.ts";
import { KafkaTraffic } from "../lab/kafka-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

const maxRounds = 5;

/** Between a client and the brokers data takes its time, connections are cut, and stand with nothing going through. */
export const scenario: Scenario = {
  id: "P18",
  title: "A bad network: jitter, cuts, half-open connections",
  world: { kafka: "shared" },
  broken: {
    rule: "a send that was rejected is booked as such",
    file: "packages/kafkajs/src/send-outcome.ts",
    from: "if (reason === undefined) run?.uncertain();",
    to: "if (reason === undefined) run?.acked(0);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const proxy = await KafkaProxy.start(lab.kafka.brokers);
    lab.afterwards(() => proxy.close());
    const shop = lab.service("shop");
    const config = { socketFactory: proxy.socketFactory, requestTimeout: 1_500, connectionTimeout: 1_000 };
    const producer = shop.kafka({}, { ...config, retry: { retries: 1, initialRetryTime: 100 } }).producer();
    await producer.connect();
    const traffic = new KafkaTraffic(lab);
    const next = (loop: number) => shop.messages(topic, loop, 5);
    traffic.start({ topic, producer, next, loops: 3, pauseMs: 10 });
    const some = async (count: number) => {
      const enough = traffic.settledCount + count;
      await lab.until(`${count} more messages`, () => traffic.settledCount >= enough);
    };
    await some(300);
    // What a network loses is a matter of luck: it stays bad until a send failed whose messages never arrived.
    let rounds = 0;
    for (let unsentCount = 0; unsentCount === 0 && rounds < maxRounds; rounds += 1) {
      proxy.jitter(1, 60);
      await some(150);
      for (let cuts = 0; cuts < 3; cuts += 1) {
        proxy.cut();
        await some(60);
      }
      proxy.stall();
      await some(15);
      proxy.flow();
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
