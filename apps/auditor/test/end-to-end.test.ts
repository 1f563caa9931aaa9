import { randomUUID } from "node:crypto";
import { formatRanges, parseRanges, unionAll } from "@seqwatch/core";
import { clientOf, flushKafka, watchKafka } from "@seqwatch/kafkajs";
import { redisStore } from "@seqwatch/store-redis";
import { Kafka, logLevel } from "kafkajs";
import { expect, inject, test } from "vitest";
import { startAuditor } from "../src/start.ts";
import { plain, startOtlpBackend } from "./otlp-backend.ts";

interface Page {
  readonly findings: readonly { readonly verdict: string; readonly sequences: { readonly confirmed: string } }[];
}

/** All sequences that the texts name, whatever number of findings they are spread over. */
function unionOf(texts: readonly unknown[]): string {
  return formatRanges(unionAll(texts.map((text) => parseRanges(String(text)) ?? [])));
}

/** The trace in which an order was sent. */
function traceOf(order: number): string {
  return order.toString(16).padStart(32, "0");
}

/** The traces beside a stretch of orders, as links name them. */
function tracesOf(text: string): readonly { readonly traceId: string }[] {
  const range = parseRanges(text) ?? [];
  return [(range[0] ?? 0) - 1, (range.at(-1) ?? 0) + 1].map((order) => ({ traceId: traceOf(order) }));
}

test("messages that a consumer jumped over are served and sent as a span, exactly, by an auditor of its own", async () => {
  const topic = `auditor-${randomUUID()}`;
  const prefix = `seqwatch-${randomUUID().slice(0, 8)}`;
  const backend = await startOtlpBackend();
  const auditor = await startAuditor({
    redisUrl: inject("redisUrl"),
    redisPrefix: prefix,
    kafkaBrokers: [...inject("kafkaBrokers")],
    otlpEndpoint: backend.url,
    otlpProtocol: "http/json",
    auditorPort: 0,
    logLevel: "silent",
  });

  const store = redisStore({ url: inject("redisUrl"), prefix });
  const kafka = watchKafka(new Kafka({ brokers: [...inject("kafkaBrokers")], logLevel: logLevel.NOTHING }), {
    service: "orders",
    store,
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const seen: number[] = [];
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(Number(message.value?.toString()));
      // The sixth to the tenth message are never given to anybody, also when a rebalance brings the first five again.
      if (message.offset === "4") consumer.seek({ topic, partition: 0, offset: "10" });
    },
  });
  const producer = kafka.producer();
  await producer.connect();
  for (let order = 1; order <= 20; order++) {
    const headers = { traceparent: `00-${traceOf(order)}-00f067aa0ba902b7-01` };
    await producer.send({ topic, messages: [{ value: String(order), headers }] });
  }

  const confirmed = async (): Promise<Page> =>
    JSON.parse(await (await fetch(`${auditor.url}/api/v1/findings?state=confirmed`)).text());
  await expect
    .poll(async () => unionOf((await confirmed()).findings.map(({ sequences }) => sequences.confirmed)), {
      timeout: 60_000,
      interval: 250,
    })
    .toBe("6-10");
  const missing = Array.from({ length: 20 }, (_, index) => index + 1).filter((order) => !seen.includes(order));
  expect(missing).toEqual([6, 7, 8, 9, 10]);
  expect(new Set((await confirmed()).findings.map(({ verdict }) => verdict))).toEqual(new Set(["consume.skipped"]));

  await producer.disconnect();
  await consumer.disconnect();
  await flushKafka(kafka);
  await clientOf(kafka)?.close();
  await store.close();
  await auditor.close();
  await backend.close();
  const spans = backend.spans().filter((span) => plain(span["attributes"])["error.type"] !== undefined);
  const confirmedIn = (span: (typeof spans)[number]): string =>
    String(plain(span["attributes"])["seqwatch.sequences.confirmed"]);
  expect(unionOf(spans.map(confirmedIn))).toBe("6-10");
  // Each leads to what its producer was doing just before and just after.
  const traces = spans.map((span) => tracesOf(confirmedIn(span)));
  expect(spans.map((span) => span["links"])).toMatchObject(traces);
  expect(plain(spans[0]?.["attributes"])).toMatchObject({
    "error.type": "consume.skipped",
    "messaging.system": "kafka",
    "messaging.destination.name": topic,
    "messaging.consumer.group.name": topic,
  });
});
