import { probe } from "../../../../stack/probe.ts";
import { LabError } from "../lab-error.ts";

/** Runs one command at a Redis as an operator does, on a connection of its own. Resolves to the first line of the reply. */
export async function redisCommand(url: string, ...words: readonly string[]): Promise<string> {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  const request = `*${words.length}\r\n${parts.join("")}`;
  const answer = await probe({ port: Number(new URL(url).port), request, isComplete: (bytes) => bytes.includes("\n") });
  const line = answer?.toString("latin1").split("\r\n")[0] ?? "-no answer";
  if (line.startsWith("-")) throw new LabError("LAB_BAD_INPUT", `Redis answered ${line} to ${words.join(" ")}.`);
  return line;
}
