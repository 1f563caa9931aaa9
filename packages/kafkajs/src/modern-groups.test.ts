import { expect, test } from "vitest";
import { decodeAnswer, modernGroupsAt } from "./modern-groups.ts";

const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)]);
const group = (name: string, type: string): Buffer =>
  Buffer.concat([text(name), text("consumer"), text("Stable"), text(type), Buffer.from([0])]);

/** An answer to ListGroups in version 5: no tags, no throttling, an error code, the groups, no tags. */
function answerOf(groups: readonly Buffer[], errorCode = 0): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, errorCode, groups.length + 1]), ...groups, Buffer.from([0])]);
}

/** A kafkajs broker that answers with these bytes, and keeps what it was asked. */
function brokerOf(maxVersion: number, answer: Buffer) {
  const asked: Buffer[] = [];
  const symbol = Symbol("private:Broker:sendRequest");
  class Broker {
    readonly versions = { 16: { maxVersion } };
    async [symbol](call: {
      readonly request: { encode(): Promise<{ readonly buffer: Buffer }> };
      readonly response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
    }): Promise<unknown> {
      asked.push((await call.request.encode()).buffer);
      return await call.response.parse(await call.response.decode(answer));
    }
  }
  return { asked, broker: new Broker() };
}

test("groups of the newer protocols are asked for by their types, in the version that knows types", async () => {
  const { asked, broker } = brokerOf(5, answerOf([group("billing", "consumer"), group("shipping", "streams")]));
  expect(await modernGroupsAt(broker)).toEqual(new Set(["billing", "shipping"]));
  expect(asked.map((bytes) => bytes.toString("latin1"))).toEqual(["\0\x01\x03\tconsumer\bstreams\0"]);
});

test("a broker that knows no types has no such groups, and is not asked", async () => {
  const { asked, broker } = brokerOf(4, Buffer.alloc(0));
  expect(await modernGroupsAt(broker)).toEqual(new Set());
  expect(asked).toEqual([]);
});

test("an answer that is an error, ends early or cannot be asked for is no answer", async () => {
  expect(() => decodeAnswer(answerOf([], 29))).toThrow("error 29");
  expect(() => decodeAnswer(answerOf([group("billing", "consumer")]).subarray(0, 14))).toThrow(RangeError);
  await expect(modernGroupsAt({ versions: { 16: { maxVersion: 5 } } })).rejects.toThrow("no way");
});
