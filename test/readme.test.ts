import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = readFileSync(join(root, "README.md"), "utf8");
const quoted = [...readme.matchAll(/<!-- (examples\/\S+) -->\n```ts\n([\s\S]*?)```/g)];

test("the README quotes at least the first lines for Kafka and for RabbitMQ", () => {
  expect(quoted.map((quote) => quote[1])).toEqual(["examples/kafka.ts", "examples/rabbitmq.ts"]);
});

test.each(quoted.map((quote) => [quote[1] ?? "", quote[2] ?? ""]))(
  "the README quotes %s word for word",
  (file, text) => {
    expect(text).toBe(readFileSync(join(root, file), "utf8"));
  },
);

test("every local link in the README leads somewhere", () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? "");
  expect(links.filter((link) => !exists(join(root, link)))).toEqual([]);
});

const packages = ["amqplib", "client", "kafkajs", "otel", "store-redis"];
const imports = packages.flatMap((name) => {
  const text = readFileSync(join(root, "packages", name, "README.md"), "utf8");
  const found = [...text.matchAll(/^import \{ ([^}]+) \} from "(@seqwatch\/[\w-]+)";$/gm)];
  return found.map((match) => [`${name}/README.md`, match[2] ?? "", (match[1] ?? "").split(", ")] as const);
});

test.each(imports)("what %s imports from %s is there", async (_, module, names) => {
  const exported: object = await import(module);
  expect(names.filter((name) => !name.startsWith("type ") && !(name in exported))).toEqual([]);
});

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EISDIR";
  }
}
