import {
  configureTopic,
  describePartitions,
  describeTopic,
  listBindings,
  listQueues,
  setPolicy,
  showRecords,
} from "./commands.ts";
import type { Verdict } from "./finding.ts";
import { isHiddenName } from "./hidden-name.ts";
import { goBack, messagesOf, type NextStep, type StepAbout, type Steps, sendAgain } from "./step-about.ts";

/** What to do about each verdict. */
export const stepsByVerdict: Readonly<Record<Verdict, Steps>> = {
  "produce.ack-missing": (about) => [
    sendAgain(about),
    {
      text: "Let the client send such messages again by itself: add onAckMissing to the options that you watch the producer with.",
      command: watchWithResend(about),
    },
    ...(about.isKafka
      ? [{ text: "See which partitions there are, and who leads them.", command: describePartitions(about.place) }]
      : []),
  ],
  "produce.unroutable": (about) => [
    ...bindAgain(about),
    sendAgain(about),
    {
      text: "Let an alternate exchange catch what no binding takes. It must exist, with a queue bound to it.",
      command: setPolicy("exchanges", nameOf(about, about.exchange), { "alternate-exchange": "unroutable" }),
    },
  ],
  "produce.mis-acked": (about) => [
    sendAgain(about),
    {
      text: "Make a new producer object after a send was rejected: an idempotent one of kafkajs goes on with a wrong sequence.",
      command: newProducer,
    },
  ],
  "produce.nacked": (about) => [
    sendAgain(about),
    {
      text: "Make room, or let the application wait: the queue refused it (a limit with reject-publish, or a full disk).",
      command: listQueues(about.virtualHost),
    },
  ],
  "produce.rejected": (about) => [
    {
      text: "Look at the rejection of the send: the application had it and went on. `await` each send, and handle what it throws.",
    },
    sendAgain(about),
    ...(about.isKafka
      ? [
          {
            text: "Was it too large? Compare with max.message.bytes of the topic.",
            command: describeTopic(about.place),
          },
        ]
      : []),
  ],
  "produce.stuck": (about) => [
    {
      text: "Make a new producer object: this one's sends are rejected for good, and connect() does not help it.",
      command: newProducer,
    },
    sendAgain(about),
  ],
  "produce.uncertain": (about) => [
    { text: `Decide by a key of your own whether to send again; it may have been stored: ${messagesOf(about)}.` },
    ...lookAtLog(about),
  ],
  "store.retention": (about) => [
    sendAgain(about),
    {
      text: "Keep records for longer than the group may lag; the time here is seven days.",
      command: configureTopic(about.place, { "retention.ms": "604800000" }),
    },
  ],
  "store.truncated": (about) => [
    sendAgain(about),
    {
      text: "Let no replica lead that lacks acknowledged records, and acknowledge only what two replicas have.",
      command: configureTopic(about.place, { "min.insync.replicas": "2", "unclean.leader.election.enable": "false" }),
    },
    {
      text: "Send with acks of all replicas.",
      command: { language: "js", text: "await producer.send({ topic, messages, acks: -1 });" },
    },
  ],
  "store.compacted": (about) => [
    { text: "Nothing to do where the newest value of each key is enough: that is what compaction keeps." },
    {
      text: "Where every record counts, let the topic delete by time instead.",
      command: configureTopic(about.place, { "cleanup.policy": "delete" }),
    },
  ],
  "store.aborted": () => [{ text: "Nothing to do: the application aborted the transaction." }],
  "store.dropped": (about) => [
    sendAgain(about),
    ...(about.isKafka
      ? [{ text: "Look for who deleted the topic, or made it again.", command: describeTopic(about.place) }]
      : lookForLimits(about)),
  ],
  "store.expired": (about) => [
    sendAgain(about),
    {
      text: "Look at the time-to-live of the queue and of the messages, and at how long they wait.",
      command: listQueues(about.virtualHost),
    },
    {
      text: `Keep what expires: a dead-letter exchange takes it. It must exist, with a queue bound to it. ${onePolicy}`,
      command: queuePolicy(about, { "dead-letter-exchange": "dead-letters" }),
    },
  ],
  "store.dead-lettered": (about) => [
    {
      text: "Look into the queues behind the dead-letter exchange: the messages lie there, with the reason in x-death.",
      command: listQueues(about.virtualHost),
    },
    { text: `Work or move them there, once the cause is mended: ${messagesOf(about)}.` },
  ],
  "store.restarted": (about) => [
    sendAgain(about),
    {
      text: "Let messages survive a restart: a durable queue, and persistent messages.",
      command: persistentPublish(about),
    },
  ],
  "store.missing": (about) => [
    sendAgain(about),
    ...lookAtLog(about),
    ...(about.isKafka
      ? []
      : [
          {
            text: "Look at the queue's limits, and at who purged or deleted it.",
            command: listQueues(about.virtualHost),
          },
        ]),
  ],
  "consume.skipped": (about) => [
    ...goBack(about),
    {
      text: "Look for who moved the position: a seek, a reset by a tool, or offsets that expired (offsets.retention.minutes).",
    },
  ],
  "consume.given-up": (about) => [
    ...goBack(about),
    {
      text: "Look for an early return in eachBatch: with eachBatchAutoResolve the rest of the batch is then committed. Resolve each message yourself.",
      command: { language: "js", text: "consumer.run({ eachBatchAutoResolve: false, eachBatch });" },
    },
  ],
  "consume.unprocessed": (about) => [compareRecords(about), ...redo(about)],
  "consume.unreported": (about) => [compareRecords(about), ...redo(about)],
  "consume.stopped": () => [
    { text: "Start the consumer again, or the process: kafkajs does not, after an error that no retry can mend." },
    {
      text: "Let the process end when its consumer does, so that whatever starts it can see it.",
      command: {
        language: "js",
        text: "consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || endThisService());",
      },
    },
  ],
  "consume.out-of-order": () => [
    {
      text: "Nothing is missing. Where order matters, await each send of a partition before the next, or set maxInFlightRequests: 1 and idempotent.",
      command: { language: "js", text: "kafka.producer({ idempotent: true, maxInFlightRequests: 1 });" },
    },
    { text: "Where parallel sends are meant to be, raise maxDisorder above what they make." },
  ],
  "consume.rejected": (about) => [
    { text: "Nothing to do, if the application meant it: it rejected the message without asking for it again." },
    ...(about.isKafka
      ? []
      : [
          {
            text: `Keep what is rejected: a dead-letter exchange takes it. ${onePolicy}`,
            command: queuePolicy(about, { "dead-letter-exchange": "dead-letters" }),
          },
        ]),
  ],
};

/** What waited in a queue that went as it was declared to. The queue is gone: nothing can be set on it. */
export function stepsOfPassingQueue({ group, routingKey }: StepAbout): readonly NextStep[] {
  const queue = JSON.stringify(group ?? routingKey);
  return [
    {
      text: "Nothing to do, if that was meant: the queue went as it was declared to, with what nobody had taken from it.",
    },
    {
      text: "Where messages are to outlive their consumers, declare the queue durable, and neither exclusive nor auto-delete nor with an expiry.",
      command: { language: "js", text: `await channel.assertQueue(${queue}, { durable: true });` },
    },
  ];
}

const onePolicy = "(One policy is in force for a queue: where it has one, add this to it.)";

const newProducer = { language: "js", text: "const producer = kafka.producer();\nawait producer.connect();" } as const;

/** Whole, so that it runs as it is: without a service and a store these would be others than before. */
function watchWithResend({ finding }: StepAbout) {
  const service = JSON.stringify(finding.producer?.service ?? "my-service");
  const lines = [
    'import { watchKafka } from "@seqwatch/kafkajs";',
    'import { redisStore } from "@seqwatch/store-redis";',
    'const store = redisStore(process.env.SEQWATCH_REDIS_URL ?? "redis://127.0.0.1:6379");',
    `watchKafka(kafka, { service: ${service}, store, onAckMissing: "resend" });`,
  ];
  return { language: "js", text: lines.join("\n") } as const;
}

function nameOf({ virtualHost }: StepAbout, name: string): { readonly virtualHost: string; readonly name: string } {
  return { virtualHost, name };
}

function queuePolicy(about: StepAbout, definition: Readonly<Record<string, string>>) {
  return setPolicy("queues", nameOf(about, about.group ?? about.routingKey), definition);
}

function lookForLimits(about: StepAbout): readonly NextStep[] {
  return [
    {
      text: "Look for a limit (x-max-length, x-overflow), a purge or a delete.",
      command: listQueues(about.virtualHost),
    },
    {
      text: `Refuse at the limit instead of dropping: the producer then hears of it. ${onePolicy}`,
      command: queuePolicy(about, { overflow: "reject-publish" }),
    },
  ];
}

function bindAgain({ exchange, routingKey, virtualHost }: StepAbout): readonly NextStep[] {
  if (exchange === "") {
    return [
      {
        text: `Declare the queue ${routingKey}: the default exchange leads to queues by their names.`,
        command: { language: "js", text: `await channel.assertQueue(${JSON.stringify(routingKey)});` },
      },
    ];
  }
  if (isHiddenName(routingKey)) {
    const text = `Routing keys are hidden here (hideNames): with its secret, hideName(secret, key) tells which one is ${routingKey}.`;
    return [{ text, command: listBindings(virtualHost) }];
  }
  return [
    { text: "See which bindings there are.", command: listBindings(virtualHost) },
    {
      text: "Bind the queue that should get this key.",
      command: {
        language: "js",
        text: `await channel.bindQueue(queue, ${JSON.stringify(exchange)}, ${JSON.stringify(routingKey)});`,
      },
    },
  ];
}

function lookAtLog({ isKafka, place, low, high }: StepAbout): readonly NextStep[] {
  if (!isKafka || low === undefined || high === undefined) return [];
  return [{ text: "See what the log holds at the offsets where it could be.", command: showRecords(place, low, high) }];
}

function persistentPublish({ exchange, routingKey }: StepAbout) {
  const where = `${JSON.stringify(exchange)}, ${JSON.stringify(routingKey)}`;
  return { language: "js", text: `channel.publish(${where}, content, { persistent: true });` } as const;
}

/** A member that died may have done the work: only the application's own records know. */
function compareRecords(about: StepAbout): NextStep {
  return { text: `Compare with what the application itself recorded as done: ${messagesOf(about)}.` };
}

function redo(about: StepAbout): readonly NextStep[] {
  return about.isKafka ? goBack(about) : [sendAgain(about)];
}
