import { consume, nameIn } from "./consume.ts";
import type { Lab } from "./lab.ts";
import { startOrders } from "./orders.ts";

/** What two groups missed of one topic. */
export interface Skipping {
  readonly topic: string;
  /** Moved past five messages by a seek. */
  readonly skips: { readonly group: string; readonly names: readonly string[] };
  /** Left the rest of a batch alone. */
  readonly givesUp: { readonly group: string; readonly names: readonly string[] };
}

/** One topic, one producer, and two groups that each miss messages, for rows about what an auditor can say of that. */
export async function playSkipping(lab: Lab): Promise<Skipping> {
  const topic = await lab.kafka.topic("orders");
  const orders = await startOrders(lab.service("shop"));
  const [skips, givesUp] = [lab.name("skips"), lab.name("gives-up")];
  const handled = { skips: new Set<string>(), givesUp: new Set<string>() };
  let burst: readonly string[] = [];

  const skipper = await consume(lab, lab.service("skipper").kafka(), {
    group: skips,
    topic,
    eachMessage: async ({ message }) => {
      handled.skips.add(nameIn(message));
      if (nameIn(message) !== burst[4]) return;
      skipper.seek({ topic, partition: 0, offset: String(Number(message.offset) + 6) });
      lab.lostNow();
    },
  });
  await consume(lab, lab.service("quitter").kafka(), {
    group: givesUp,
    topic,
    eachBatch: async (payload) => {
      for (const message of payload.batch.messages) {
        handled.givesUp.add(nameIn(message));
        payload.resolveOffset(message.offset);
        if (nameIn(message) === burst[14]) break;
      }
    },
  });
  await lab.established(topic, 0, async () => await orders.send(topic, 1));
  burst = orders.service.names(topic, 0, 20);
  await orders.producer.send({ topic, messages: burst.map((value) => ({ value, partition: 0 })) });
  const last = burst.at(-1) ?? "";
  await lab.until(
    "both groups to leave the burst behind",
    () => handled.skips.has(last) && handled.givesUp.has(burst[14] ?? ""),
  );
  // What is committed is what they will never look at again.
  await orders.send(topic, 1);
  return {
    topic,
    skips: { group: skips, names: burst.filter((name) => !handled.skips.has(name)) },
    givesUp: { group: givesUp, names: burst.slice(15) },
  };
}

/** Verdicts of a topic's findings that the auditor proved without a record of the log. */
export async function unattributedOf(lab: Lab, topic: string): Promise<readonly string[]> {
  const answer: unknown = await (await fetch(`${lab.api.url}/api/v1/findings?destination=${topic}`)).json();
  const { findings } = Object(answer);
  if (!Array.isArray(findings)) return [];
  return findings
    .filter((finding) => Object(finding).isUnattributed === true)
    .map((finding) => String(Object(finding).verdict));
}
