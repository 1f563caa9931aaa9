import { expect, test } from "vitest";
import type { Commands } from "./redis-client.ts";
import { runScript } from "./script-runner.ts";
import { scripts } from "./scripts.gen.ts";

const call = { keys: ["k"], arguments: ["a"] };

/** A server that notes how it was asked, and refuses the next hashes that it is asked by. */
function serverOf(refusals = 0) {
  const asked: string[] = [];
  let left = refusals;
  const commands: Commands = {
    run: async (_, [name, script]) => {
      asked.push(`${name} ${script === scripts.reportLedger ? "text" : "hash"}`);
      if (name === "EVALSHA" && left-- > 0) throw new Error("NOSCRIPT No matching script.");
      return "done";
    },
  };
  return { asked, run: () => runScript(commands, "report", "reportLedger", call) };
}

test("the first write of a process brings its script along: no answer has to be awaited for it", async () => {
  const { asked, run } = serverOf();
  void run();
  expect(asked).toEqual(["EVAL text"]);
});

test("what the server knows is asked for by its hash, and sent again where the server forgot it", async () => {
  const { asked, run } = serverOf(1);
  await run();
  await run();
  await run();
  expect(asked).toEqual(["EVAL text", "EVALSHA hash", "EVAL text", "EVALSHA hash"]);
});

test("whatever else goes wrong is told, and nothing is sent twice", async () => {
  const asked: string[] = [];
  const commands: Commands = {
    run: async (_, [name]) => {
      asked.push(name);
      if (asked.length === 2) throw new Error("The answer never came.");
      return "done";
    },
  };
  await runScript(commands, "report", "reportLedger", call);
  await expect(runScript(commands, "report", "reportLedger", call)).rejects.toThrow("never came");
  expect(asked).toEqual(["EVAL", "EVALSHA"]);
});
