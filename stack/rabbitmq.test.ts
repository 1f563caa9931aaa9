import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "./stack.ts";
import { ownEnvironment } from "./test/own-environment.ts";

let stack: Stack<"rabbitmq">;

beforeAll(async () => {
  stack = await startStack({ servers: ["rabbitmq"], environment: ownEnvironment });
}, 180_000);

afterAll(async () => {
  await stack?.stop();
});

async function readOverview(): Promise<unknown> {
  const url = new URL("/api/overview", stack.amqp.managementUrl);
  const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString("base64")}`;
  // fetch refuses an address with a password in it.
  url.username = "";
  url.password = "";
  return (await fetch(url, { headers: { authorization } })).json();
}

test("the management API answers with the user and password of its address", async () => {
  expect(await readOverview()).toMatchObject({ product_name: "RabbitMQ" });
});

test("the metrics for Prometheus are served", async () => {
  const response = await fetch(stack.amqp.prometheusUrl ?? "");
  expect(await response.text()).toContain("rabbitmq_build_info");
});

test.each(["SIGTERM", "SIGKILL"] as const)(
  "a RabbitMQ ended by %s serves again at the same addresses",
  { timeout: 120_000 },
  async (signal) => {
    const endedPid = stack.amqp.server?.pid;
    await stack.amqp.server?.stop(signal);
    await expect(readOverview()).rejects.toThrow("fetch failed");
    await stack.amqp.server?.start();
    expect(stack.amqp.server?.pid).not.toBe(endedPid);
    expect(await readOverview()).toMatchObject({ product_name: "RabbitMQ" });
  },
);
