// Outlives the process that owns a stack, to take the stack down when that process ends in whatever way: it holds the
// reading end of a pipe that closes then. A line in the pipe says that the stack is to live on, and ends the keeper.
import { takeDown } from "./takedown.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("The keeper needs the folder of its stack.");

// A signal for the owner's whole session must not end the one that cleans up after it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

process.stdin.once("data", () => process.exit(0));
process.stdin.once("error", () => process.stdin.destroy());
process.stdin.once("close", () => void takeDown(folder).then(() => process.exit(0)));
process.stdin.resume();
