// A service that works orders: a member of the consumer group, with all of kafkajs's defaults.
import { connectKafka } from "./clients.ts";
import { parseName, SpanGatherer } from "./span.ts";
import { ordersGroup, ordersTopic } from "./traffic.ts";
import { tell, work } from "./worker.ts";

const tellEveryMs = 200;

const consumer = connectKafka("orders-worker").consumer({ groupId: ordersGroup });
const processed = new SpanGatherer();
const timer = setInterval(tellProcessed, tellEveryMs);

work(async (order) => {
  if (order.kind !== "stop") return;
  await consumer.disconnect();
  clearInterval(timer);
  tellProcessed();
});
await consumer.connect();
await consumer.subscribe({ topic: ordersTopic, fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => tell({ kind: "ready" }));
await consumer.run({
  eachMessage: async ({ message }) => {
    const name = parseName(String(message.value));
    if (name !== undefined) processed.add(name);
  },
});

function tellProcessed(): void {
  const spans = processed.take();
  if (spans.length > 0) tell({ kind: "processed", spans });
}
