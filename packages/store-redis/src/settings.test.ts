import { expect, test } from "vitest";
import { type RedisStoreOptions, toSettings } from "./settings.ts";

test("a URL says host, port, user, password, database and TLS", () => {
  const { connection, where } = toSettings("rediss://me:s%40fe@redis.example:6380/2");
  const parts = { host: "redis.example", port: 6380, db: 2, username: "me", password: "s@fe", tls: {} };
  expect(connection).toEqual(parts);
  expect(where).toBe("redis.example:6380");
});

test.for<[string | RedisStoreOptions | undefined, string]>([
  [undefined, "url, connection, client"],
  ["redis://:50%off@127.0.0.1", "url"],
  ["", "url"],
  ["localhost:6379", "url"],
  ["http://127.0.0.1", "url"],
  ["redis://127.0.0.1/first", "url"],
  [{}, "url, connection, client"],
  [{ url: "redis://127.0.0.1", connection: {} }, "url, connection, client"],
  [{ url: "redis://127.0.0.1", prefix: "a{b}" }, "prefix"],
  [{ url: "redis://127.0.0.1", ttlMs: 5 }, "ttlMs"],
  [{ url: "redis://127.0.0.1", commandTimeoutMs: Number.NaN }, "commandTimeoutMs"],
])("the option %j is refused with its name and what is allowed", ([options, name]) => {
  expect(() => toSettings(options)).toThrow(expect.objectContaining({ code: "STORE_BAD_OPTION" }));
  expect(() => toSettings(options)).toThrow(new RegExp(`cannot use ${name} = .*Allowed: `));
});

test("a URL that cannot be used is named without its password", () => {
  expect(() => toSettings("rediz://me:secret@host")).toThrow(/^(?!.*secret).*rediz/);
});
