import { Chain, type ChainAuthor } from "@seqwatch/client";
import { LaneTestimony, laneHashOf, stampHeader, stampPrefixOf, type TestimonyReport } from "@seqwatch/core";
import { describe, expect, test } from "vitest";
import { AssignedLane } from "./assigned-lane.ts";
import { HandlerWatch } from "./handler-watch.ts";
import type { BatchPort, EachBatchPayloadPort, ReceivedMessage } from "./port.ts";

const lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" } as const;
const prefix = stampPrefixOf("AAAAAAAAAAA", laneHashOf(lane));

function messageAt(offset: number): ReceivedMessage {
  const headers = { [stampHeader]: Buffer.from(`${prefix}${offset + 1}`) };
  return { offset: String(offset), headers, batchContext: { partitionLeaderEpoch: 7 } };
}

/** Nothing is reported here. */
const idleAuthor: ChainAuthor<TestimonyReport> = {
  hasNews: () => false,
  next: () => {
    throw new Error("There is no news.");
  },
  send: () => Promise.reject(new Error("There is no store.")),
  accept: () => {},
};

/** A lane with one batch of five messages under way, offsets 0 to 4. */
function startBatch(): { readonly assigned: AssignedLane; readonly batch: BatchPort; readonly handlers: HandlerWatch } {
  const testimony = new LaneTestimony(lane, "billing", "client");
  const chain = new Chain<TestimonyReport>(idleAuthor, () => "nonce");
  const assigned = new AssignedLane({
    lane,
    laneHash: laneHashOf(lane),
    testimony,
    chain,
    owner: undefined,
    workingOffset: -1,
    failedTries: 0,
  });
  assigned.join({}, { isNewPartition: false, isContinued: false });
  assigned.start({ first: 0, last: 4, visibleCount: 5, highWatermark: 5, fetchOffset: 0 });
  const messages = [0, 1, 2, 3, 4].map(messageAt);
  const at = { topic: "orders", partition: 0, highWatermark: "5" };
  const batch = { ...at, messages, firstOffset: () => "0", lastOffset: () => "4" };
  return {
    assigned,
    batch,
    handlers: new HandlerWatch(
      () => assigned,
      () => {},
    ),
  };
}

/** Per message: P processed, L left behind once our own commit has passed it, - neither. */
function outcomesOf(assigned: AssignedLane): string {
  assigned.end();
  const { testimony } = assigned.member;
  const heading = { number: 1, nonce: "n", buildsOn: "" };
  testimony.committed(5);
  const report = testimony.nextReport(heading);
  const letters = ["-", "-", "-", "-", "-"];
  const write = (set: readonly number[], letter: string): void => {
    for (let at = 0; at + 1 < set.length; at += 2) letters.fill(letter, set[at], (set[at + 1] ?? 0) + 1);
  };
  write(report.handled, "P");
  write(report.givenUp, "L");
  return letters.join("");
}

interface Controls extends EachBatchPayloadPort {
  /** From now on the client tells the handler to stop. */
  readonly stop: () => void;
}

async function runBatch(
  handler: (controls: Controls) => unknown,
  eachBatchAutoResolve = true,
  rejected: (error: unknown) => void = () => {}, // a handler that throws is part of the tables below
): Promise<string> {
  const { assigned, batch, handlers } = startBatch();
  let isRunning = true;
  const stop = (): void => void (isRunning = false);
  const payload = { batch, resolveOffset: () => {}, isRunning: () => isRunning, isStale: () => !isRunning };
  const eachBatch = (watched: EachBatchPayloadPort): unknown => handler({ ...watched, stop });
  const config = handlers.wrap({ eachBatch, eachBatchAutoResolve });
  await Promise.resolve(config?.eachBatch?.(payload)).catch(rejected);
  return outcomesOf(assigned);
}

const use = (message: unknown): unknown => message;

function freezeAndLeave({ batch, resolveOffset }: Controls): void {
  for (const message of Object.freeze(batch.messages)) {
    resolveOffset(message.offset);
    break;
  }
}

describe("an eachBatch handler", () => {
  test.each<readonly [string, (controls: Controls) => unknown, string]>([
    ["that returns has processed everything", () => {}, "PPPPP"],
    ["that went through everything has processed everything", ({ batch }) => [...batch.messages], "PPPPP"],
    ["that reads by a method alone has processed everything", ({ batch }) => batch.messages.map(use), "PPPPP"],
    [
      "that stops when it is told has processed what it went through and left the rest",
      ({ batch, isRunning, stop }) => {
        for (const message of batch.messages) {
          if (message.offset === "2") stop();
          if (!isRunning()) break;
        }
      },
      "PP-LL",
    ],
    [
      "that closes its iteration early has left the rest",
      ({ batch }) => {
        for (const message of batch.messages) if (message.offset === "1") break;
      },
      "P-LLL",
    ],
    [
      "that resolves the message at which it breaks off has processed it",
      ({ batch, resolveOffset }) => {
        for (const message of batch.messages) {
          resolveOffset(message.offset);
          if (message.offset === "2") break;
        }
      },
      "PPPLL",
    ],
    [
      "that closes its iteration early and goes on by index claims nothing",
      ({ batch }) => {
        const { messages } = batch;
        for (const message of messages) if (message.offset === "1") break;
        for (let at = 2; at < messages.length; at += 1) use(messages[at]);
      },
      "-----",
    ],
    [
      "that worked by a method before it closes an iteration early claims nothing",
      ({ batch }) => {
        const { messages } = batch;
        messages.forEach(use);
        for (const message of messages) if (message.offset === "1") break;
      },
      "-----",
    ],
    [
      "that iterates a second time after closing the first claims nothing",
      ({ batch }) => {
        for (const message of batch.messages) if (message.offset === "1") break;
        return [...batch.messages];
      },
      "-----",
    ],
    [
      "that is told to stop in a loop by index claims what it resolved",
      ({ batch, isStale, resolveOffset, stop }) => {
        for (let at = 0; at < batch.messages.length; at += 1) {
          if (at === 3) stop();
          if (isStale()) return;
          if (at < 2) resolveOffset(String(at));
        }
      },
      "PP---",
    ],
    [
      "that is told to stop after it resolved the last message has processed everything",
      ({ isRunning, resolveOffset, stop }) => {
        resolveOffset("4");
        stop();
        isRunning();
      },
      "PPPPP",
    ],
    [
      "that throws has processed what it resolved; the rest comes again",
      ({ resolveOffset }) => {
        resolveOffset("1");
        throw new Error("handler");
      },
      "PP---",
    ],
  ])("%s", async (_, handler, outcomes) => {
    expect(await runBatch(handler)).toBe(outcomes);
  });

  test("leaves nothing behind by returning where the batch is not resolved for it", async () => {
    expect(await runBatch(({ resolveOffset }) => resolveOffset("2"), false)).toBe("PPP--");
  });

  test("that worked all by index and looks at the first once more has left nothing behind", async () => {
    const outcomes = await runBatch(({ batch }) => {
      const { messages } = batch;
      for (let index = 0; index < messages.length; index += 1) use(messages[index]);
      const [first] = messages;
      use(first);
    });
    expect(outcomes).not.toContain("L");
  });

  test.each<readonly [string, (controls: Controls) => unknown, string]>([
    ["before it reads them", ({ batch }) => [...Object.freeze(batch.messages)], "PPPPP"],
    ["after it left early", freezeAndLeave, "P----"],
  ])("may freeze its messages %s", async (_, handler, outcomes) => {
    const errors: unknown[] = [];
    const outcome = await runBatch(handler, true, (error) => errors.push(error));
    expect({ errors, outcome }).toEqual({ errors: [], outcome: outcomes });
  });

  test("gets an array that is one in every respect", async () => {
    const seen: unknown[] = [];
    await runBatch(({ batch }) => {
      const { messages } = batch;
      seen.push(
        Array.isArray(messages),
        Object.getPrototypeOf(Array.from(messages)) === Array.prototype,
        structuredClone(messages).length,
      );
      seen.push(JSON.stringify(messages) === JSON.stringify([...messages]), Array.isArray(messages.slice(1)));
    });
    expect(seen).toEqual([true, true, 5, true, true]);
  });
});

describe("an eachMessage handler", () => {
  test("has processed the message when its promise resolves", async () => {
    const { assigned, batch, handlers } = startBatch();
    const config = handlers.wrap({ eachMessage: async () => {} });
    for (const message of batch.messages.slice(0, 2)) {
      await config?.eachMessage?.({ topic: "orders", partition: 0, message });
    }
    expect(outcomesOf(assigned)).toBe("PP---");
  });

  test("that fails ends in the very error that it threw, and books nothing", async () => {
    const { assigned, batch, handlers } = startBatch();
    const error = new Error("handler");
    const config = handlers.wrap({ eachMessage: () => Promise.reject(error) });
    const [message] = batch.messages;
    if (message === undefined) throw new Error("The batch is empty.");
    const thrown = await Promise.resolve(config?.eachMessage?.({ topic: "orders", partition: 0, message })).catch(
      (thrown: unknown) => thrown,
    );
    expect(thrown).toBe(error);
    expect(outcomesOf(assigned)).toBe("-----");
  });

  test.each<readonly [string, ReceivedMessage["headers"], string]>([
    ["without a stamp", {}, "unstamped"],
    ["with damaged bytes for a stamp", { [stampHeader]: Buffer.from("1.nonsense") }, "unstamped"],
    ["with two stamps", { [stampHeader]: [Buffer.from(`${prefix}1`), Buffer.from(`${prefix}2`)] }, "unstamped"],
    ["with another lane's stamp", { [stampHeader]: Buffer.from("1.AAAAAAAAAAA.BBBBBBBB.1") }, "foreign"],
  ])("takes a message %s as one that is not ours", async (_, headers = {}, mark) => {
    const { assigned, handlers } = startBatch();
    const config = handlers.wrap({ eachMessage: async () => {} });
    await config?.eachMessage?.({ topic: "orders", partition: 0, message: { offset: "0", headers } });
    const report = assigned.member.testimony.nextReport({ number: 1, nonce: "n", buildsOn: "" });
    expect(report).toMatchObject({ handled: [0, 0], [mark]: [0, 0], streams: [] });
  });

  test("finds its own this, and a handler that is none is left to kafkajs", async () => {
    const { handlers, batch } = startBatch();
    const seen: unknown[] = [];
    const config = handlers.wrap({
      eachMessage(this: unknown) {
        seen.push(this);
      },
    });
    const [message] = batch.messages;
    const owner = { each: config?.eachMessage };
    if (message !== undefined) await owner.each?.({ topic: "orders", partition: 0, message });
    expect(seen).toEqual([owner]);
    expect(handlers.wrap({ eachBatch: null })).toEqual({ eachBatch: null });
  });
});
