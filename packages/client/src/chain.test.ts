import type { Answer } from "@seqwatch/core";
import { expect, test } from "vitest";
import { Chain, type ChainAuthor, type Link } from "./chain.ts";

interface Report extends Link {
  readonly what: string;
}

/** An author with a list of things to say, and a store that answers from a list. */
function setUp(news: string[], answers: (Answer | Error)[]) {
  const sent: Report[] = [];
  const heard: Answer[] = [];
  let drawn = 0;
  let isWhole = false;
  const author: ChainAuthor<Report> = {
    hasNews: () => isWhole || news.length > 0,
    next: (link) => ({ ...link, what: isWhole ? "everything" : (news[0] ?? "nothing") }),
    send: async (report) => {
      sent.push(report);
      const answer = answers.shift() ?? stored;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    accept: (answer) => {
      heard.push(answer);
      if (answer.kind === "stored") news.shift();
      isWhole = answer.kind === "send-all";
    },
  };
  const chain = new Chain(author, () => {
    drawn += 1;
    return `n${drawn}`;
  });
  return { chain, sent, heard, news };
}

const stored: Answer = { kind: "stored", era: 0, asked: [], settledTo: 0 };

test("each report builds on the one before", async () => {
  const { chain, sent } = setUp(["a", "b"], []);
  await chain.advance();
  expect(sent).toEqual([
    { number: 1, nonce: "n1", buildsOn: "", what: "a" },
    { number: 2, nonce: "n2", buildsOn: "n1", what: "b" },
  ]);
});

test("a report whose answer never came is sent again as it was, before anything new", async () => {
  const { chain, sent, news } = setUp(["a"], [new Error("no answer")]);
  await expect(chain.advance()).rejects.toThrow("no answer");
  news.push("b");
  await chain.advance();
  expect(sent.map(({ number, nonce, what }) => [number, nonce, what])).toEqual([
    [1, "n1", "a"],
    [1, "n1", "a"],
    [2, "n2", "b"],
  ]);
});

test("at the exit of the process the news go out at once, built on a report that was not answered yet", () => {
  const { chain, sent, news } = setUp(["a"], []);
  void chain.advance();
  news.splice(0, 1, "a and b");
  chain.lastWords();
  expect(sent).toEqual([
    { number: 1, nonce: "n1", buildsOn: "", what: "a" },
    { number: 2, nonce: "n2", buildsOn: "n1", what: "a and b" },
  ]);
});

test("at the exit of the process a report that was given up goes out again, before what builds on it", async () => {
  const { chain, sent, news } = setUp(["a"], [new Error("no answer")]);
  await expect(chain.advance()).rejects.toThrow("no answer");
  news.splice(0, 1, "a and b");
  chain.lastWords();
  expect(sent.slice(1)).toEqual([
    { number: 1, nonce: "n1", buildsOn: "", what: "a" },
    { number: 2, nonce: "n2", buildsOn: "n1", what: "a and b" },
  ]);
});

test("at the exit of the process nothing is written where there is no news, and a failure ends nothing", async () => {
  const { chain, sent, news } = setUp([], [new Error("gone")]);
  chain.lastWords();
  expect(sent).toEqual([]);
  news.push("a");
  chain.lastWords();
  await Promise.resolve();
  expect(sent).toEqual([{ number: 1, nonce: "n1", buildsOn: "", what: "a" }]);
});

test("a store that forgot gets everything, built on nothing", async () => {
  const { chain, sent } = setUp(["a", "b"], [stored, { kind: "send-all", era: 3 }]);
  await chain.advance();
  expect(sent.slice(1)).toEqual([
    { number: 2, nonce: "n2", buildsOn: "n1", what: "b" },
    { number: 3, nonce: "n3", buildsOn: "", what: "everything" },
  ]);
});

test("a refused report is taken back to be split, under the same number", async () => {
  const { chain, sent, heard } = setUp(["a"], [{ kind: "partly-known", known: [1, 2] }]);
  await chain.advance();
  expect(heard[0]?.kind).toBe("partly-known");
  expect(sent.map(({ number, buildsOn }) => [number, buildsOn])).toEqual([
    [1, ""],
    [1, ""],
  ]);
});

test("after a clone the chain begins anew", async () => {
  const { chain, sent } = setUp(["a", "b"], [stored, { kind: "clone" }]);
  await chain.advance();
  expect(sent.at(-1)).toMatchObject({ number: 1, buildsOn: "", what: "b" });
});

test("a store that refuses for ever is left alone until the next call", async () => {
  const answers = Array.from({ length: 100 }, (): Answer => ({ kind: "send-all", era: 0 }));
  const { chain, sent } = setUp(["a"], answers);
  await chain.advance();
  expect(sent.length).toBeLessThan(20);
});

test("two calls at once do not overlap", async () => {
  const { chain, sent } = setUp(["a"], []);
  await Promise.all([chain.advance(), chain.advance()]);
  expect(sent.length).toBe(1);
});
