import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Who may import whom among our own packages. Arrows point inward only: apps, then adapters, then client, then core.
 * A workspace that is missing here fails, so that a new room is a decision.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "packages/core": [],
  "packages/client": ["core"],
  "packages/store-redis": ["core"],
  "packages/kafkajs": ["core", "client"],
  "packages/amqplib": ["core", "client"],
  "packages/otel": ["core"],
  "packages/testkit": ["core", "client", "kafkajs", "amqplib", "store-redis"],
  "apps/auditor": ["core", "kafkajs", "otel", "store-redis"],
  // It sees what a user sees; to show that a row can fail it takes rules out as the simulation's mutants do.
  "apps/lab": ["kafkajs", "amqplib", "store-redis", "auditor", "testkit/replaced-source"],
};

/** What only some rooms may touch of the world outside. */
const outside: readonly { readonly module: RegExp; readonly rooms: readonly string[] }[] = [
  { module: /^ioredis$/, rooms: ["packages/store-redis", "packages/testkit", "apps/lab"] },
  { module: /^kafkajs$/, rooms: ["packages/kafkajs", "packages/testkit", "apps/auditor", "apps/lab"] },
  { module: /^amqplib(\/.*)?$/, rooms: ["packages/amqplib", "packages/testkit", "apps/auditor", "apps/lab"] },
  { module: /^@opentelemetry\//, rooms: ["packages/otel", "apps/auditor"] },
];

const rooms = ["packages", "apps"].flatMap((kind) =>
  existsSync(join(root, kind)) ? readdirSync(join(root, kind)).map((name) => `${kind}/${name}`) : [],
);

/** A file without what it only prints: lines of code for people to copy stand between single quotes. */
function codeOf(path: string): string {
  return readFileSync(path, "utf8").replaceAll(/'[^'\n]*'/g, "''");
}

/** The modules that a room's shipped sources import. */
function importsOf(room: string): readonly { readonly file: string; readonly module: string }[] {
  const files = globSync("src/**/*.ts", { cwd: join(root, room) }).filter((file) => !file.endsWith(".test.ts"));
  return files.flatMap((file) => {
    const text = codeOf(join(root, room, file));
    const found = text.matchAll(/(?:from|import)\s+"([^"]+)"|import\("([^"]+)"\)/g);
    return [...found].map((match) => ({ file: `${room}/${file}`, module: match[1] ?? match[2] ?? "" }));
  });
}

test("every workspace has its row in the table of allowed imports", () => {
  expect(rooms.filter((room) => allowed[room] === undefined)).toEqual([]);
});

test.each(rooms)("%s imports only the packages that its row allows", (room) => {
  const own = importsOf(room).filter((one) => one.module.startsWith("@seqwatch/"));
  const names = allowed[room] ?? [];
  expect(own.filter((one) => !names.includes(one.module.replace("@seqwatch/", "")))).toEqual([]);
});

test.each(rooms)("%s reaches outside libraries only where its room may", (room) => {
  const forbidden = outside.filter((rule) => !rule.rooms.includes(room));
  const found = importsOf(room).filter((one) => forbidden.some((rule) => rule.module.test(one.module)));
  expect(found).toEqual([]);
});

test("core imports nothing but itself: no dependency, no I/O", () => {
  expect(importsOf("packages/core").filter((one) => !one.module.startsWith("./"))).toEqual([]);
});

test("core asks no clock, no timer and no chance", () => {
  const files = globSync("packages/core/src/**/*.ts", { cwd: root }).filter((file) => !file.endsWith(".test.ts"));
  const impure = /Date\.now|performance\.|new Date\(\)|setTimeout|setInterval|Math\.random|\bprocess\.\w/;
  expect(files.filter((file) => impure.test(codeOf(join(root, file))))).toEqual([]);
});
