/* A process with a client and nothing else to do. Its argument says how its store behaves, or that it exits at once. */
import { writeSync } from "node:fs";
import { createMemoryStore } from "@seqwatch/core";
import { createClient } from "../src/index.ts";

const [, , mode] = process.argv;
const never = (): Promise<never> => new Promise(() => {});
const store = createMemoryStore();
if (mode === "hang") store.signClient = never;
const client = createClient({ service: "test", store, observer: { finding: () => {}, notice: () => {} } });
const report = async (): Promise<void> => {
  writeSync(1, "reported\n");
  if (mode === "hang") await never();
};
client.register("producer", { report, isUnderLoad: () => false });
if (mode === "exit") process.exit(3);
