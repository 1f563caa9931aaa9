import { AnswerTimes } from "./answer-times.ts";
import { BareAnswers } from "./bare-answers.ts";
import { KafkaTraffic, keyedMessages } from "./kafka-traffic.ts";
import type { Lab } from "./lab.ts";
import { restartBrokers } from "./rolling-restart.ts";
import type { KafkaWatchOptions } from "./service.ts";

/** What rolling restarts have done so far, by what is true and not by what Seqwatch says of it. */
export interface Harvest {
  /** Messages that an answer of kafkajs left out. */
  readonly omitted: readonly string[];
  /** Told as sent, and not in the log. */
  readonly lost: readonly string[];
  /** Told as failed, and not in the log. */
  readonly unsent: readonly string[];
  readonly stored: ReadonlySet<string>;
}

const partitions = 6;
const maxRounds = 5;

/**
 * What the rows about a rolling restart have in common: their traffic, the restart, and what is true then. Whether a
 * restart makes kafkajs leave anything out is a matter of luck, so it is repeated until it did what the row is about.
 */
export async function playRollingRestart(
  lab: Lab,
  wish: { readonly watch?: KafkaWatchOptions; readonly isEnough: (harvest: Harvest) => boolean },
): Promise<Harvest & { readonly topic: string }> {
  const topic = await lab.kafka.topic("orders", { partitions });
  const times = new AnswerTimes(lab);
  const answers = new BareAnswers(partitions);
  const shop = lab.service("shop");
  const config = { retry: { initialRetryTime: 100, retries: 8 } };
  const kafka = shop.kafka({ observer: times.observer, ...wish.watch }, config, answers.listen);
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
  const reap = async (): Promise<Harvest> => ({ ...(await traffic.truth(topic)), omitted: [...answers.omitted] });
  let rounds = 0;
  for (let isEnough = false; !isEnough && rounds < maxRounds; rounds += 1) {
    await restartBrokers(lab);
    isEnough = wish.isEnough(await reap());
  }
  lab.lostNow();
  await traffic.stop();
  times.bookWhenKnown(topic);
  const harvest = await reap();
  lab.figure("rounds", rounds);
  lab.figure("sent", traffic.settledCount);
  lab.figure("omitted", harvest.omitted.length);
  lab.figure("lost", harvest.lost.length);
  return { topic, ...harvest };
}
