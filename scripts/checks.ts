import { spawnSync } from "node:child_process";

/** A check without tests: it passes when its command ends with 0. */
export interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** What is published, each from its folder. */
const packages = [
  ...["core", "client", "store-redis", "kafkajs", "amqplib", "otel"].map((name) => `packages/${name}`),
  "apps/auditor",
];

/** What must hold besides the tests, quickest first. */
export function checks(): readonly Check[] {
  return [
    { name: "format", command: ["biome", "check", "."] },
    { name: "types", command: ["tsc", "--noEmit", "-p", "."] },
    { name: "lint", command: ["oxlint", "--type-aware", "."] },
    { name: "dead code", command: ["knip"] },
    { name: "build", command: ["tsc", "-b", "tsconfig.build.json"] },
    ...packages.map((name): Check => ({ name: `publint ${name}`, command: ["publint", "--strict", name] })),
    ...packages.map(
      (name): Check => ({
        name: `types of ${name}`,
        command: ["attw", "--pack", name, "--profile", "esm-only"],
      }),
    ),
  ];
}

/** Runs a check; its output is shown only when it fails. */
export function runCheck(check: Check): boolean {
  const [command, ...args] = check.command;
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const passed = result.status === 0;
  process.stdout.write(`${passed ? "ok  " : "FAIL"} ${check.name}\n`);
  if (!passed) process.stdout.write(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}\n`);
  return passed;
}
