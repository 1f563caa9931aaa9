#!/usr/bin/env node
import { userInfo } from "node:os";
import process from "node:process";
import { runCli } from "./run-cli.ts";

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  columns: process.stdout.columns ?? 80,
  hasColors: process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "",
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  userName: () => userInfo().username,
  nowMs: Date.now,
});
