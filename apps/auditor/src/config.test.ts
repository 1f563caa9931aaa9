import { expect, test } from "vitest";
import { completeSettings, describeSettings, readSettings } from "./config.ts";

test("without any setting it listens on loopback and keeps its state in its own process", () => {
  expect(readSettings({})).toMatchObject({
    auditorHost: "127.0.0.1",
    passIntervalMs: 500,
    graceMs: 3_000,
    evidence: "records",
  });
  expect(readSettings({}).redisUrl).toBeUndefined();
});

test("the environment and the flags name the same settings, and a flag wins", () => {
  const environment = { SEQWATCH_REDIS_URL: "redis://127.0.0.1:1", SEQWATCH_KAFKA_BROKERS: "a:1, b:2" };
  expect(readSettings(environment, ["--redis-url", "redis://127.0.0.1:2"])).toMatchObject({
    redisUrl: "redis://127.0.0.1:2",
    kafkaBrokers: ["a:1", "b:2"],
  });
});

test("a variable that is set to nothing is not set", () => {
  expect(readSettings({ SEQWATCH_REDIS_URL: "", SEQWATCH_AUDITOR_PORT: "0" }).auditorPort).toBe(0);
});

test("OpenTelemetry's own variables are heeded, ours win", () => {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" };
  expect(readSettings(environment)).toMatchObject({ otlpEndpoint: "http://127.0.0.1:1", otlpProtocol: "http/json" });
  const ours = { ...environment, SEQWATCH_OTLP_ENDPOINT: "http://127.0.0.1:2" };
  expect(readSettings(ours).otlpEndpoint).toBe("http://127.0.0.1:2");
});

test.each([
  [
    { SEQWATCH_AUDITOR_PORT: "high" },
    'auditorPort (SEQWATCH_AUDITOR_PORT, --auditor-port) is "high"; allowed is a whole number from 0 to 65535.',
  ],
  [{ SEQWATCH_EVIDENCE: "all" }, "allowed is none, offsets, records."],
  [{ SEQWATCH_KAFKA_TLS: "yes" }, "allowed is true or false."],
  [{ SEQWATCH_TOKEN: "short" }, "token (SEQWATCH_TOKEN, --token) is (hidden); allowed is a text of 16 to 512"],
  [{ SEQWATCH_AUDITOR_HOST: "0.0.0.0" }, 'auditorHost is "0.0.0.0", which others can reach: set SEQWATCH_TOKEN'],
  [
    { SEQWATCH_REDIS_URL: "127.0.0.1:6379" },
    "redisUrl (SEQWATCH_REDIS_URL) is no URL that begins with redis:// or rediss://.",
  ],
  [{ SEQWATCH_KAFKA_USERNAME: "seqwatch" }, "belong together"],
  [{ SEQWATCH_AMQP_MANAGEMENT_URL: "http://127.0.0.1" }, "both are needed"],
])("%o is refused in words that help", (environment, words) => {
  expect(() => readSettings(environment)).toThrow(words);
});

test("a wrong value of a secret is never shown", () => {
  expect(() => readSettings({ SEQWATCH_TOKEN: "hunter2" })).not.toThrow(/hunter2/);
});

test("an unknown flag and an unknown setting are refused", () => {
  expect(() => readSettings({}, ["--redis", "x"])).toThrow(/--redis-url +SEQWATCH_REDIS_URL/);
  expect(() => completeSettings({ redis: "x" })).toThrow("There is no setting redis.");
});

test("the description names every setting with its default", () => {
  expect(describeSettings()).toContain("--pass-interval-ms");
  expect(describeSettings()).toMatch(/SEQWATCH_GRACE_MS +how long evidence must stand \(3000\)/);
});
