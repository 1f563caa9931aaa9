import { describeGroup, describeTopic, listQueues, showRecords } from "./commands.ts";
import type { DoubtCause } from "./finding.ts";
import { goBack, messagesOf, type NextStep, type StepAbout, type Steps } from "./step-about.ts";

/** What to do about each hole in the testimony: how to find the truth, then how to close the hole for the next time. */
export const stepsByCause: Readonly<Record<DoubtCause, Steps>> = {
  "member-died": (about) => [
    compare(about),
    ...(about.isKafka ? goBack(about) : []),
    {
      text: "Let consumers end in order: handle SIGTERM and await disconnect() or close(), so that they report what they did.",
    },
  ],
  "foreign-member": (about) => [
    compare(about),
    { text: "Find who consumes without the interceptor, and instrument it.", command: whoConsumes(about) },
  ],
  "switched-off": (about) => [
    compare(about),
    { text: "See what is switched off, and switch it on.", command: { language: "sh", text: "npx seqwatch switch" } },
  ],
  "joined-late": (about) => [
    { text: "Nothing to do, if the group was to begin there: it lies before the first thing that the group reported." },
    compare(about),
  ],
  "state-lost": (about) => [
    compare(about),
    { text: "Give Redis a memory that keeps writes: maxmemory-policy noeviction, and replicas that do not lag." },
  ],
  "no-ledger": () => [
    {
      text: "Nobody says that it was sent: a producer that never reported, or one that cannot reach the store. Check its SEQWATCH_REDIS_URL.",
    },
  ],
  "not-placed": (about) => [compare(about), ...log(about)],
  "two-eras": (about) => [
    compare(about),
    {
      text: "The log was cut, or the topic was made again: records after that may lie at the same offsets. Look at what is there.",
      command: look(about),
    },
  ],
  "unstamped-in-range": (about) => [
    ...log(about),
    { text: "Instrument every producer of this topic: one of the records without a stamp may be it." },
  ],
  "log-not-readable": (about) => [
    {
      text: about.isKafka
        ? "Give the auditor's user DESCRIBE and READ on the topic, DESCRIBE on the group, and set SEQWATCH_EVIDENCE=records."
        : "Give the auditor's user the tag monitoring and read permission on the virtual host, and set SEQWATCH_AMQP_MANAGEMENT_URL.",
    },
    compare(about),
  ],
  "policy-not-read": (about) => [
    {
      text: "Give the auditor's user DESCRIBE_CONFIGS on the topic, and set SEQWATCH_EVIDENCE to offsets or records: a compacted topic loses records by design.",
      command: describeTopic(about.place),
    },
    compare(about),
  ],
  compacted: (about) => [
    {
      text: "Nothing to do where the newest value of each key is enough: a compacted topic removes the older ones.",
      command: describeTopic(about.place),
    },
  ],
  contradiction: (about) => [
    ...log(about),
    { text: "The log and the reports contradict each other: tell the makers of Seqwatch, with this finding as JSON." },
  ],
  "too-old": (about) => [compare(about)],
  "received-never-settled": (about) => [
    compare(about),
    { text: "Look for a path in the handler that neither acknowledges nor rejects." },
  ],
  "may-be-dead-lettered": (about) => [
    {
      text: `Look into the queues behind the dead-letter exchange for ${messagesOf(about)}.`,
      command: listQueues(about.virtualHost),
    },
    { text: "Watch the consumer of the dead-letter queue too: the copy that it gets settles the question." },
  ],
  "not-provable": (about) => [
    compare(about),
    {
      text: about.isKafka
        ? "No stamp of this lane ever arrived in the group: look for what strips headers on the way."
        : "Order proves nothing here (priorities, headers exchanges, streams, changed bindings): a classic or quorum queue without priorities can be proven.",
    },
  ],
  "no-confirms": (about) => [
    compare(about),
    {
      text: about.isKafka ? "Ask for an answer of the broker." : "Publish on a channel with confirms.",
      command: about.isKafka
        ? { language: "js", text: "await producer.send({ topic, messages, acks: -1 });" }
        : { language: "js", text: "const channel = await connection.createConfirmChannel();" },
    },
  ],
  "outcome-unknown": (about) => [
    { text: `Decide by a key of your own whether to send again; it may have been stored: ${messagesOf(about)}.` },
    ...log(about),
  ],
  "earlier-copy-possible": (about) => [
    {
      text: `The client sent it more than once, and an earlier copy may have been worked. Decide by a key of your own: ${messagesOf(about)}.`,
    },
    ...log(about),
  ],
  "not-testified": (about) => [
    compare(about),
    ...(about.isKafka && about.group !== undefined
      ? [
          {
            text: "See how far the group is, and who is in it.",
            command: describeGroup(about.place.brokers, about.group),
          },
        ]
      : []),
  ],
};

function compare(about: StepAbout): NextStep {
  return { text: `Compare with what the application itself recorded as done: ${messagesOf(about)}.` };
}

function log(about: StepAbout): readonly NextStep[] {
  if (!about.isKafka || about.low === undefined || about.high === undefined) return [];
  return [{ text: "See what the log holds where it could be.", command: look(about) }];
}

function look({ place, low = 0, high = low }: StepAbout) {
  return showRecords(place, low, high);
}

function whoConsumes({ isKafka, place, group, virtualHost }: StepAbout) {
  return isKafka && group !== undefined ? describeGroup(place.brokers, group, "members") : listQueues(virtualHost);
}
