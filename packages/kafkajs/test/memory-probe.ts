import { createClient } from "@seqwatch/client";
import { createMemoryStore, formatStamp, laneHashOf, type Store, stampHeader } from "@seqwatch/core";
import { createFakeHost } from "../../client/test/fake-host.ts";
import { Members } from "../src/members.ts";
import type { ReceivedMessage } from "../src/port.ts";
import { watchKafka } from "../src/watch-kafka.ts";
import { WatchedConsumer } from "../src/watched-consumer.ts";
import { createFakeCluster } from "./fake-cluster.ts";
import { FakeConsumer } from "./fake-consumer.ts";

/*
 * A process of its own, for the heap's sake: ten minutes of traffic in simulated time with a store that is dead, and then
 * what that holds, beside a process that does the same unwatched. `node --expose-gc memory-probe.ts SIDE bare|watched FAULTS`
 */
const [side, mode, faults] = process.argv.slice(2);
const isWatched = mode === "watched";
const isFaulty = faults === "faulty";
const rounds = 12;
const roundMs = 50_000;

const host = createFakeHost();
const client = createClient({
  service: "probe",
  host,
  cluster: "fake-cluster",
  store: deadStore(),
  observer: silent(),
});
const run = side === "producer" ? await produce(3_000) : await consume(200, 10);
const before = heapBytes();
for (let round = 0; round < rounds; round += 1) {
  await run(round);
  await host.pass(roundMs);
}
process.stdout.write(`${heapBytes() - before}`);
process.exit(0);

/** Each round one message to each partition; with faults every second one is left out of its answer. */
async function produce(partitionCount: number): Promise<(round: number) => Promise<void>> {
  const fake = createFakeCluster();
  fake.partitionCount = partitionCount;
  fake.answer = ({ partition }) => (isFaulty && (partition + fake.refreshCount) % 2 === 0 ? "omitted" : "stored");
  const kafka = isWatched ? watchKafka(fake.kafka, { client }) : fake.kafka;
  const producer = kafka.producer({ createPartitioner: () => (choice) => choice.message.partition ?? 0 });
  await producer.connect();
  const messages = Array.from({ length: partitionCount }, (_, partition) => ({ partition, value: "v" }));
  for (let round = 0; round < 4; round += 1) {
    await producer.send({ topic: "warm", messages });
    await host.pass(roundMs);
  }
  fake.produced.length = 0;
  return async (round) => {
    fake.refreshCount = round;
    await producer.send({ topic: "orders", messages });
    fake.produced.length = 0;
  };
}

/** Each round ten messages of as many producers in each partition, one behind the other; with faults at random. */
async function consume(partitionCount: number, producerCount: number): Promise<(round: number) => Promise<void>> {
  const consumer = new FakeConsumer();
  const members = new Members(client);
  if (isWatched) {
    const surroundings = { client, members, cluster: undefined, groupId: "billing", onDuplicate: "run" } as const;
    Object.assign(globalThis, {
      held: new WatchedConsumer(consumer, { ...surroundings, maxDisorder: Number.MAX_VALUE }),
    });
  }
  await consumer.run({ eachMessage: () => {} });
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
  const hashes = partitions.map((partition) =>
    laneHashOf({ system: "kafka", cluster: "fake-cluster", destination: "orders", partition: `${partition}` }),
  );
  consumer.join("orders", partitions);
  const perRound = producerCount * 10;
  return async (round) => {
    for (const partition of partitions) {
      const messages = Array.from({ length: perRound }, (_, at): ReceivedMessage => {
        const producerId = `p${at % producerCount}`.padEnd(11, "x");
        const step = isFaulty ? 2 : 1;
        const sequence = 1 + step * (round * 10 + Math.floor(at / producerCount));
        const stamp = formatStamp({ producerId, laneHash: hashes[partition] ?? "", sequence });
        return { offset: String(step * (round * perRound + at)), headers: { [stampHeader]: stamp } };
      });
      await consumer.deliver("orders", partition, messages);
    }
  };
}

function deadStore(): Store {
  const refuse = () => Promise.reject(new Error("The store is dead."));
  return new Proxy(createMemoryStore(), {
    get: (target, name) => {
      if (name === "kind") return target.kind;
      return name === "watchSwitch" ? () => () => {} : refuse;
    },
  });
}

function silent() {
  return { finding: () => {}, notice: () => {} };
}

function heapBytes(): number {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
