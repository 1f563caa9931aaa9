import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startStack } from "./stack.ts";
import { removeFolder } from "./state.ts";

const emptyFolder = mkdtempSync(join(tmpdir(), "seqwatch-test-"));
const bareMachine = { PATH: emptyFolder, HOME: emptyFolder, SEQWATCH_INSTALL: "never" };

afterAll(() => removeFolder(emptyFolder));

test("what a bare machine lacks is told in one error, each with the command that gets it", async () => {
  const start = startStack({ servers: ["kafka", "rabbitmq", "redis"], environment: bareMachine });
  const error: unknown = await start.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "STACK_PROGRAM_MISSING" });
  const message = String(error);
  expect(message).toContain("SEQWATCH_INSTALL=never");
  expect(message).toContain("kafka: the program java (17 or later)");
  expect(message).toContain(
    `kafka: the jars of Kafka 4.3.1 in ${join(emptyFolder, ".cache", "seqwatch", "kafka-4.3.1")}`,
  );
  expect(message).toContain("rabbitmq: RabbitMQ's server and Erlang");
  expect(message).toContain("redis: the program redis-server");
  expect(message).toMatch(/install .*redis/);
});

test("only what is asked for can be missing", async () => {
  const start = startStack({ servers: ["redis"], environment: bareMachine });
  await expect(start).rejects.toThrow(/^(?!.*(kafka|rabbitmq):)/s);
});

test("a Kafka version that is none is refused", async () => {
  const environment = { ...bareMachine, SEQWATCH_STACK_KAFKA: "latest" };
  await expect(startStack({ servers: ["kafka"], environment })).rejects.toThrow('SEQWATCH_STACK_KAFKA is "latest"');
});
