import { expect, test } from "vitest";
import { createCarrier, numberCopy } from "./carrier.ts";

const needs = { maxTableBytes: 60_000, forceMandatory: false };

test("a header named __proto__ stays a header", () => {
  const headers: unknown = JSON.parse('{"__proto__": {"a": 1}, "b": 2}');
  const carrier = createCarrier({ headers }, needs);
  expect(Object.entries(carrier?.headers ?? {})).toEqual([
    ["__proto__", { a: 1 }],
    ["b", 2],
  ]);
  expect(Object.getPrototypeOf(carrier?.headers)).toBe(Object.prototype);
});

test("a return is asked for where it is needed and the application does not ask itself", () => {
  const forced = { ...needs, forceMandatory: true };
  expect(createCarrier(undefined, forced)).toMatchObject({ options: { mandatory: true }, asksForReturn: false });
  expect(createCarrier({ mandatory: true }, forced)).toMatchObject({ asksForReturn: true });
  expect(createCarrier({}, needs)?.options).not.toHaveProperty("mandatory");
  const inherited: object = Object.create(Object.freeze({ mandatory: false }));
  expect(createCarrier(inherited, forced)?.options).toHaveProperty("mandatory", true);
});

test("a table is let through up to the last byte that leaves room for the longest stamp, and not beyond", () => {
  const bytesOfStamp = 4 + 1 + 8 + 5 + 39;
  const textOf = (tableBytes: number) => "x".repeat(tableBytes - bytesOfStamp - (4 + 1 + 1 + 5));
  expect(createCarrier({ headers: { a: textOf(60_000) } }, needs)).toBeDefined();
  expect(createCarrier({ headers: { a: textOf(60_001) } }, needs)).toBeUndefined();
  expect(createCarrier({ headers: { a: { within: textOf(60_001) } } }, needs)).toBeUndefined();
});

test("a further copy is numbered where its table has room for that, and only then", () => {
  const numbered = (headers: Record<string, unknown>, copy: number) => {
    numberCopy(headers, copy, 100);
    return headers["seqwatch-copy"];
  };
  expect(numbered({}, 2)).toBe("2");
  expect(numbered({}, 1)).toBeUndefined();
  expect(numbered({ a: "x".repeat(80) }, 2)).toBeUndefined();
});

test("the number of a copy that is forwarded does not go out on the message that carries it on", () => {
  expect(createCarrier({ headers: { "seqwatch-copy": "2", b: 1 } }, needs)?.headers).toEqual({ b: 1 });
});

test("options whose fields are accessors over private state are read as amqplib reads them", () => {
  class Options {
    readonly #type = "order";
    get type(): string {
      return this.#type;
    }
    get persistent(): boolean {
      return this.#type === "order";
    }
  }
  const options = createCarrier(new Options(), { ...needs, forceMandatory: true })?.options;
  expect(Reflect.get(options ?? {}, "type")).toBe("order");
  expect(Reflect.get(options ?? {}, "persistent")).toBe(true);
  expect(Reflect.get(options ?? {}, "mandatory")).toBe(true);
});
