import { expect, test } from "vitest";
import { parseTraceparent } from "./trace-parent.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const span = "b7ad6b7169203331";

test("a traceparent becomes a remote span context", () => {
  expect(parseTraceparent(`00-${trace}-${span}-01`)).toEqual({
    traceId: trace,
    spanId: span,
    traceFlags: 1,
    isRemote: true,
  });
});

test("a later version may carry more", () => {
  expect(parseTraceparent(`cc-${trace}-${span}-00-what-comes`)).toMatchObject({ traceId: trace, traceFlags: 0 });
});

test.each([
  undefined,
  "",
  "garbage",
  `00-${trace}-${span}`,
  `00-${trace}-${span}-01-more`,
  `ff-${trace}-${span}-01`,
  `00-${"0".repeat(32)}-${span}-01`,
  `00-${trace}-${"0".repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
])("%s is none", (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});
