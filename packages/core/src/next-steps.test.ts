import { expect, test } from "vitest";
import { quoteForShell } from "./commands.ts";
import type { DoubtCause, Finding, GapState, Verdict } from "./finding.ts";
import { docsOf, documentedNames } from "./finding-docs.ts";
import { nextStepsOf } from "./next-steps.ts";
import { stepsByCause } from "./next-steps-cause.ts";
import { stepsByVerdict } from "./next-steps-verdict.ts";

function findingOf(change: Partial<Finding>): Finding {
  const state: GapState = change.state ?? "confirmed";
  return {
    id: "f",
    lane: { system: "kafka", cluster: "c", destination: "orders", partition: "3" },
    producerId: "AAAAAAAAAAA",
    group: "billing team",
    state,
    verdict: "consume.given-up",
    cause: undefined,
    sequences: { [state]: [5, 6] },
    offsets: { low: 104, high: 105 },
    decidedBy: "It was left behind.",
    references: ["order-5"],
    messages: [{ sequence: 5, text: "order-5" }],
    producer: undefined,
    neighbours: [],
    openedAtMs: 0,
    changedAtMs: 0,
    history: [],
    ...change,
  };
}

const commandsOf = (finding: Finding, kafkaBrokers?: string) =>
  nextStepsOf(finding, { kafkaBrokers }).flatMap(({ command }) => (command === undefined ? [] : [command.text]));

test("what a group gave up comes back with its own offsets and names, for a shell and for the application", () => {
  expect(commandsOf(findingOf({}), "b1:9092,b2:9092").slice(0, 2)).toEqual([
    "kafka-consumer-groups.sh --bootstrap-server b1:9092,b2:9092 --group 'billing team' --topic orders:3 --reset-offsets --to-offset 104 --execute",
    'consumer.seek({ topic: "orders", partition: 3, offset: "104" });',
  ]);
});

test("what resends by itself is printed whole, with the producer's own service", () => {
  const producer = { clientId: "c", service: "orders-api" };
  const [command] = commandsOf(findingOf({ verdict: "produce.ack-missing", producer }));
  expect(command?.split("\n")).toEqual([
    'import { watchKafka } from "@seqwatch/kafkajs";',
    'import { redisStore } from "@seqwatch/store-redis";',
    'const store = redisStore(process.env.SEQWATCH_REDIS_URL ?? "redis://127.0.0.1:6379");',
    'watchKafka(kafka, { service: "orders-api", store, onAckMissing: "resend" });',
  ]);
});

test("what a secured cluster needs besides is said once, and only beside commands for Kafka", () => {
  const isSaid = (text: string) => text === "--command-config client.properties";
  expect(commandsOf(findingOf({})).filter(isSaid)).toHaveLength(1);
  expect(commandsOf(findingOf({ state: "in-doubt", cause: "no-ledger" })).filter(isSaid)).toEqual([]);
});

test("what a group that is gone never worked asks for nothing", () => {
  const gone = findingOf({ state: "explained", verdict: "consume.unprocessed" });
  expect(nextStepsOf(gone).map(({ text }) => text)).toEqual([expect.stringMatching(/^Nothing to do/)]);
});

test("without an address of the brokers a variable of the person's own stands in for it", () => {
  expect(commandsOf(findingOf({}))[0]).toContain('--bootstrap-server "$KAFKA_BROKERS"');
});

test("what must be sent again is named in the application's words, else by its sequences", () => {
  const first = (change: Partial<Finding>) =>
    nextStepsOf(findingOf({ verdict: "produce.ack-missing", ...change }))[0]?.text;
  expect(first({})).toBe("Send again, unless the application did: order-5.");
  expect(first({ messages: [] })).toContain("what producer AAAAAAAAAAA numbered 5-6");
});

test("names that others wrote reach a shell as what they are", () => {
  expect(["orders", "a b", "it's", "$(rm -rf /)", "", "a\nb", "\u001b[31m"].map(quoteForShell)).toEqual([
    "orders",
    "'a b'",
    `'it'\\''s'`,
    "'$(rm -rf /)'",
    "''",
    "$'a\\x0ab'",
    "$'\\x1b[31m'",
  ]);
});

test("a queue's policy matches the queue's name alone, in its own virtual host", () => {
  const lane = { system: "rabbitmq", cluster: "rabbit@host/shop/eu", destination: "", partition: "a.b" } as const;
  expect(commandsOf(findingOf({ lane, group: "a.b", verdict: "store.dropped", offsets: undefined })).at(-1)).toBe(
    String.raw`rabbitmqctl set_policy -p shop/eu --apply-to queues keep-a.b '^a\.b$' '{"overflow":"reject-publish"}'`,
  );
});

test("what went with a queue that goes by itself needs nothing: no second send, and no policy on what is gone", () => {
  const lane = { system: "rabbitmq", cluster: "rabbit@host//", destination: "prices", partition: "" } as const;
  const change = { lane, group: "instance-1", verdict: "store.dropped", offsets: undefined } as const;
  const stepsOf = (state: GapState) => nextStepsOf(findingOf({ ...change, state }));
  expect(stepsOf("explained")[0]?.text).toContain("Nothing to do");
  expect(JSON.stringify(stepsOf("explained"))).not.toMatch(/Send again|set_policy/);
  expect(JSON.stringify(stepsOf("confirmed"))).toMatch(/Send again.*set_policy -p \//);
});

test("a slash in the name of a cluster is no virtual host", () => {
  const hostOf = (cluster: string, virtualHost?: string) => {
    const lane = { system: "rabbitmq", cluster, destination: "", partition: "a" } as const;
    const finding = findingOf({ lane, group: "a", verdict: "store.dropped", offsets: undefined });
    const commands = nextStepsOf(finding, { virtualHost }).map(({ command }) => command?.text ?? "");
    return / -p (\S+) /.exec(commands.join("\n"))?.[1];
  };
  expect(hostOf("eu/shop//")).toBe("/");
  expect(hostOf("eu/shop//", "/")).toBe("/");
  expect(hostOf("eu/shop/orders", "orders")).toBe("orders");
  expect(hostOf("rabbit@host/shop/eu", "shop/eu")).toBe("shop/eu");
  expect(hostOf("rabbit@host/shop/eu")).toBe("shop/eu");
  expect(hostOf("rabbit@host/orders", "another")).toBe("orders");
});

const isVerdict = (name: Verdict | DoubtCause): name is Verdict => name in stepsByVerdict;
const isCause = (name: Verdict | DoubtCause): name is DoubtCause => name in stepsByCause;

test.each(documentedNames.filter(isVerdict))("%s has next steps in every state and system", (verdict) => {
  for (const system of ["kafka", "rabbitmq"] as const) {
    for (const state of ["suspected", "confirmed", "explained", "withdrawn", "not-sent", "in-doubt"] as const) {
      const lane = { system, cluster: "c//", destination: "orders", partition: "3" };
      const finding = findingOf({ lane, state, verdict, group: undefined, offsets: undefined });
      expect(nextStepsOf(finding).every(({ text }) => text.length > 0)).toBe(true);
      expect(nextStepsOf(finding)).not.toEqual([]);
    }
  }
});

test.each(documentedNames.filter(isCause))("doubt by %s has next steps in every system", (cause) => {
  for (const system of ["kafka", "rabbitmq"] as const) {
    const lane = { system, cluster: "c//", destination: "orders", partition: "3" };
    expect(nextStepsOf(findingOf({ lane, state: "in-doubt", cause }))).not.toEqual([]);
  }
});

test("a finding leads to the entry of its verdict, and one in doubt to that of its cause", () => {
  expect(docsOf(findingOf({}))).toBe("docs/verdicts.md#consumegiven-up");
  expect(docsOf(findingOf({ state: "in-doubt", cause: "member-died" }))).toBe("docs/verdicts.md#member-died");
  expect(new Set(documentedNames).size).toBe(documentedNames.length);
});
