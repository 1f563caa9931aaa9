import { describe, expect, test } from "vitest";
import { faultsOf, type Play, type PlayResult, play } from "../campaign/play.ts";
import { parseFaults, textOfFaults, troublesIn } from "./fault-text.ts";
import { shrink } from "./shrink.ts";
import { storyOf } from "./story.ts";

const nothing = await play({ system: "kafka", seed: 1, mix: "quiet", messages: 10, given: {} });

/** A product that is wrong wherever members are killed and at least 40 messages are sent. */
async function breaksAtKills(wish: Play): Promise<PlayResult> {
  const isRed = Number(faultsOf(wish)["memberKillEveryMs"] ?? 0) > 0 && wish.messages >= 40;
  return { ...nothing, ...wish, falseLosses: isRed ? 1 : 0 };
}

describe("a run that is wrong", () => {
  test("is shrunk to the fewest messages and the one kind of fault that make it wrong", async () => {
    const wish: Play = { system: "kafka", seed: 10, mix: "kills", messages: 3_000 };
    const { play: short } = await shrink(wish, breaksAtKills);
    expect(short).toMatchObject({ system: "kafka", given: { memberKillEveryMs: 4_500 } });
    expect(Object.keys(short.given ?? {})).toEqual(["memberKillEveryMs"]);
    expect(short.messages).toBeLessThan(80);
  });

  test("is told with what is wrong first, and no longer than a person reads", () => {
    const trace = [
      "0.1 begins",
      "false loss for billing",
      "    appended",
      ...Array.from({ length: 500 }, () => "0.2 on"),
    ];
    const story = storyOf({ ...nothing, trace });
    expect(story.slice(0, 3)).toEqual(["false loss for billing", "    appended", "0.1 begins"]);
    expect(story.length).toBeLessThan(130);
  });
});

describe("a mix of faults as text", () => {
  test("is read as it was written, whichever the system", () => {
    const kafka = { memberKillEveryMs: 4_500, zombie: 0.4 };
    const rabbitmq = { silentDropShare: 0, deadLetter: "cycle", ttlMs: 500 };
    expect(parseFaults(textOfFaults(kafka, "kafka"), "kafka")).toEqual(kafka);
    expect(parseFaults(textOfFaults(rabbitmq, "rabbitmq"), "rabbitmq")).toEqual(rabbitmq);
    expect(parseFaults(textOfFaults({}, "kafka"), "kafka")).toEqual({});
  });

  test("leaves out what is as usual", () => {
    expect(troublesIn({ silentDropShare: 0.01, pauseEveryS: 6 }, "rabbitmq")).toEqual({ pauseEveryS: 6 });
  });

  test("is refused where a name or a number is none", () => {
    expect(() => parseFaults("kil=1", "kafka")).toThrow('kafka has no fault "kil"');
    expect(() => parseFaults("zombie=often", "kafka")).toThrow("zombie=0.1");
  });
});

test("the same faults given one by one play the run that the seed draws", async () => {
  for (const [system, mix] of [
    ["kafka", "swarm"],
    ["kafka", "sparse"],
    ["rabbitmq", "drawn"],
    ["rabbitmq", "sparse"],
  ] as const) {
    const wish: Play = { system, mix, seed: 4, messages: 600 };
    const drawn = await play(wish);
    const again = await play({ ...wish, given: troublesIn(faultsOf(wish), system) });
    expect({ ...again, given: undefined }).toEqual({ ...drawn, given: undefined });
  }
});
