import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import type { Environment } from "./programs.ts";

/** How a program ended and what it said on both its outputs, in the order it said it. */
export interface RunResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs a program to its end. A program that cannot be started ends with code 127 and the reason as its output. */
export function run(program: string, args: readonly string[], environment: Environment): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...environment }, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => resolve({ exitCode: 127, output: error.message }));
    child.on("close", (code) => resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

/** The last lines of a text, without colours: the part of a log that tells why something stopped. */
export function lastLines(text: string, count = 15): string {
  return stripVTControlCharacters(text).trimEnd().split("\n").slice(-count).join("\n");
}
