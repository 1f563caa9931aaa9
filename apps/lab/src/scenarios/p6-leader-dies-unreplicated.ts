import type { Lab } from "../lab/lab.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

const coordinatedBy = 3;

/** With acks=1 the leader answers for itself alone: both followers are frozen while it does, and then it dies. */
export const scenario: Scenario = {
  id: "P6",
  title: "With acks=1 the leader dies before its followers have copied what it acknowledged",
  world: { kafka: "alone" },
  broken: {
    rule: "what lay above the place where the log was cut is gone",
    file: "packages/core/src/kafka-gone.ts",
    from: "const gone = older.filter((place) => place.low >= cut);",
    to: "const gone = older.filter((place) => place.low > cut + 1_000_000);",
  },
  async play(lab) {
    // The group's coordinator stays awake: else nobody could say what the group had committed.
    const { group, leader } = await groupBesideItsLeader(lab);
    const followers = lab.brokers.filter(({ nodeId }) => nodeId !== leader);
    const assignment = [[leader, ...followers.map(({ nodeId }) => nodeId)]];
    const topic = await lab.kafka.topic("orders", { assignment });
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    await producer.connect();
    const sent: string[] = [];
    const send = async (count: number) => {
      const messages = shop.messages(topic, 0, count);
      await producer.send({ topic, messages, acks: 1 });
      sent.push(...messages.map(({ value }) => value));
    };
    lab.afterwards(async () => {
      for (const broker of followers) await broker.resume().catch(() => undefined);
      await lab.broker(leader).start();
    });

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await send(1));
    await worker.leave();
    for (const broker of followers) await broker.pause();
    // The fetch that each of them had under way is answered with the first one: it still arrives once they wake.
    await send(1);
    await send(50);
    await lab.knows(topic, 0, sent.at(-1));
    // Two of three brokers answer nobody: the auditor has to find out which one does.
    await lab.passes(30);
    await lab.broker(leader).stop("SIGKILL");
    for (const broker of followers) await broker.resume();
    await lab.until("a follower to lead", async () => ![leader, -1].includes(await lab.kafka.leaderOf(topic, 0)));
    lab.lostNow();
    await lab.broker(leader).start();

    const heir = await Worker.start(lab, lab.service("heir").kafka(), { group, topic });
    const kept = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    const lost = sent.filter((name) => !kept.has(name) && !worker.handled.has(name));
    await lab.until("the rest to be worked", () =>
      heir.hasHandled([...kept].filter((name) => !worker.handled.has(name))),
    );
    return { lost, says: [{ state: "confirmed", verdict: "store.truncated", names: lost }] };
  },
};

/** A group's name decides which partition of the offsets topic is its own, and that one's leader coordinates it. */
async function groupBesideItsLeader(lab: Lab): Promise<{ readonly group: string; readonly leader: number }> {
  const group = lab.name("billing");
  // The offsets topic is there from the first time that anybody asks for a group.
  const admin = await lab.kafka.admin();
  await lab.until("the group to have a coordinator", async () => {
    await admin.fetchOffsets({ groupId: group });
    return true;
  });
  const leader = await lab.kafka.leaderOf("__consumer_offsets", Math.abs(hashOf(group)) % coordinatedBy);
  return { group, leader };
}

/** Java's String.hashCode, by which Kafka maps groups to partitions (GroupMetadataManager.partitionFor). */
function hashOf(text: string): number {
  let hash = 0;
  for (const letter of text) hash = (31 * hash + letter.charCodeAt(0)) | 0;
  return hash;
}
