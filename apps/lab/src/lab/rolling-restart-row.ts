import { AnswerTimes } from "./answer-times.ts";
import { KafkaTraffic, keyedMessages } from "./kafka-traffic.ts";
import type { Lab } from "./lab.ts";
import { restartBrokers } from "./rolling-restart.ts";
import type { KafkaWatchOptions } from "./service.ts";

/** What the rows about a rolling restart have in common: their traffic, the restart, and what is true then. */
export async function playRollingRestart(
  lab: Lab,
  wish: { readonly watch?: KafkaWatchOptions; readonly isEnough: (noticedCount: number) => boolean },
) {
  const topic = await lab.kafka.topic("orders", { partitions: 6 });
  const times = new AnswerTimes(lab);
  const shop = lab.service("shop");
  const kafka = shop.kafka(
    { observer: times.observer, ...wish.watch },
    { retry: { initialRetryTime: 100, retries: 8 } },
  );
  const producer = kafka.producer({ metadataMaxAge: 10_000 });
  await producer.connect();
  const traffic = new KafkaTraffic(lab);
  traffic.start({
    topic,
    producer,
    next: keyedMessages(shop.name, 30),
    loops: 8,
    pauseMs: 20,
    answered: (names) => times.answered(names),
  });
  await lab.until("some traffic", () => traffic.settledCount > 2_000);
  for (let round = 0; round < maxRounds; round += 1) {
    await restartBrokers(lab);
    if (wish.isEnough(times.noticedCount)) break;
  }
  lab.lostNow();
  await traffic.stop();
  times.bookWhenKnown(topic);
  const truth = await traffic.truth(topic);
  lab.figure("sent", traffic.settledCount);
  lab.figure("omitted", times.noticedCount);
  lab.figure("lost", truth.lost.length);
  return { topic, ...truth };
}

const maxRounds = 3;
