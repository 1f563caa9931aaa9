// Reads the whole orders topic with a bare client, again and again to where it ends: what is really stored.
import { setTimeout as delay } from "node:timers/promises";
import { bareKafka } from "./clients.ts";
import { parseName, SpanGatherer } from "./span.ts";
import { ordersTopic } from "./traffic.ts";
import { tell, work } from "./worker.ts";

const lookEveryMs = 500;

const kafka = bareKafka("truth");
const consumer = kafka.consumer({ groupId: `truth-${process.pid}-${Date.now()}` });
const admin = kafka.admin();
/** The next offset to come, by partition. */
const positions = new Map<number, bigint>();
const stored = new SpanGatherer();
const stopping = new AbortController();

work(async (order) => {
  if (order.kind !== "stop") return;
  stopping.abort();
  await Promise.all([consumer.disconnect(), admin.disconnect()]);
});
await Promise.all([consumer.connect(), admin.connect()]);
await consumer.subscribe({ topic: ordersTopic, fromBeginning: true });
await consumer.run({
  eachBatch: async (payload) => {
    const { batch } = payload;
    const position = positions.get(batch.partition) ?? 0n;
    for (const message of batch.messages) {
      // What is read again after a rebalance is no second copy: a copy has an offset of its own.
      if (BigInt(message.offset) < position) continue;
      const name = parseName(String(message.value));
      if (name !== undefined) stored.add(name);
    }
    const next = BigInt(batch.lastOffset()) + 1n;
    if (next > position) positions.set(batch.partition, next);
    tellStored();
    await payload.heartbeat();
  },
});
tell({ kind: "ready" });
while (!stopping.signal.aborted) {
  await readToTheEnd();
  await delay(lookEveryMs);
}

/** Takes the ends of all partitions and says so once everything below them was read. */
async function readToTheEnd(): Promise<void> {
  const atMs = Date.now();
  const ends = await readEnds();
  if (ends === undefined) return;
  while (!stopping.signal.aborted && ends.some(({ partition, end }) => (positions.get(partition) ?? 0n) < end))
    await delay(50);
  tell({ kind: "read-to", atMs });
}

/** undefined while the cluster cannot say, as in the middle of an election. */
async function readEnds(): Promise<readonly { partition: number; end: bigint }[] | undefined> {
  try {
    const offsets = await admin.fetchTopicOffsets(ordersTopic);
    return offsets.map(({ partition, high }) => ({ partition, end: BigInt(high) }));
  } catch {
    return undefined;
  }
}

function tellStored(): void {
  const spans = stored.take();
  if (spans.length > 0) tell({ kind: "stored", spans });
}
