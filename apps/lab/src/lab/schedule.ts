import type { Scenario } from "./scenario.ts";

/** How many calm rows run side by side. */
const sharedCount = 4;
/** As many as run without a rule: most of them wait for what will not come. */
const brokenCount = 5;

/**
 * Runs all rows: first those that leave their servers calm, several at once; then those that trouble Kafka and, beside
 * them, those that trouble RabbitMQ, each kind one after the other; in the end those that want everything for themselves.
 */
export async function runAll(
  scenarios: readonly Scenario[],
  run: (scenario: Scenario) => Promise<void>,
): Promise<void> {
  const shared = scenarios.filter((one) => troubles(one).length === 0);
  const kafkaAlone = scenarios.filter((one) => troublesOnly(one, "kafka"));
  const rabbitmqAlone = scenarios.filter((one) => troublesOnly(one, "rabbitmq"));
  const rest = scenarios.filter((one) => ![...shared, ...kafkaAlone, ...rabbitmqAlone].includes(one));
  await runPool(shared, sharedCount, run);
  await Promise.all([runPool(kafkaAlone, 1, run), runPool(rabbitmqAlone, 1, run)]);
  await runPool(rest, 1, run);
}

/** Runs the rows that get by with somebody else's brokers several at once, and the others one after the other. */
export async function runAllBroken(
  scenarios: readonly Scenario[],
  run: (scenario: Scenario) => Promise<void>,
): Promise<void> {
  const guests = scenarios.filter(leavesBrokersCalm);
  await runPool(guests, brokenCount, run);
  await runPool(
    scenarios.filter((one) => !leavesBrokersCalm(one)),
    1,
    run,
  );
}

/** It troubles neither Kafka nor RabbitMQ; a Redis of its own it may trouble. */
export function leavesBrokersCalm(scenario: Scenario): boolean {
  return troubles(scenario).every((server) => server === "redis");
}

type Server = "kafka" | "rabbitmq" | "redis";

function troubles({ world }: Scenario): readonly Server[] {
  const servers: readonly Server[] = ["kafka", "rabbitmq", "redis"];
  return servers.filter((server) => world[server] !== undefined && world[server] !== "shared");
}

/** Its own servers are troubled, and it touches no other broker. */
function troublesOnly(scenario: Scenario, server: "kafka" | "rabbitmq"): boolean {
  const other = server === "kafka" ? "rabbitmq" : "kafka";
  const [only, ...more] = troubles(scenario);
  return only === server && more.length === 0 && scenario.world[other] === undefined;
}

async function runPool(
  scenarios: readonly Scenario[],
  size: number,
  run: (scenario: Scenario) => Promise<void>,
): Promise<void> {
  const waiting = [...scenarios];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(next);
  };
  await Promise.all(Array.from({ length: Math.min(size, waiting.length) }, work));
}
