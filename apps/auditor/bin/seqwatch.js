#!/usr/bin/env node
// The operator's command. From a checkout it runs the sources as they are, so that no build stands between a change and
// its effect; a published package brings what was built. Plain JavaScript, because Node decides by flags what it resolves.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

// The published package has no tsconfig.json.
if (existsSync(at("../tsconfig.json"))) {
  const args = ["--conditions=@seqwatch/source", at("../src/cli/main.ts"), ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
} else {
  await import("../dist/cli/main.js");
}
