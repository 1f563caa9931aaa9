import type { Random } from "../../packages/testkit/src/sim/rabbitmq/random.ts";

/** Texts that break what takes names for harmless: terminals, logs, JSON, markup, shells, number parsers. */
const hostileTexts: readonly string[] = [
  "",
  "\u001b[31mred\u001b[0m\u001b]0;title\u0007",
  "\u001b]8;;http://example.org\u001b\\link\u001b]8;;\u001b\\",
  "\u009b2J",
  "line\nbreak\r\n\ttab\b\b\b",
  "\u202Eright to left\u202C\u2066isolated\u2069\u200F",
  "zero\u200Bwidth\uFEFF\u2028\u2029",
  "\u0000\u0007",
  "\ud800 alone \udc00",
  "\"quoted\" 'single' `back`",
  "$(rm -rf ~); echo `id` | & > <",
  "</script><img src=x onerror=alert(1)>",
  "__proto__",
  "constructor",
  "a\\b\\n",
  'le="0.5",x="',
  "=1+1",
  "%2e%2e%2f%",
  "NaN",
  "-1",
  "1e999",
  "9007199254740993",
  "0".repeat(400),
  "9".repeat(400),
  "x".repeat(10_240),
];

const marks = "0123456789-,;:@^=<>*.~|{}[]".split("");

/** A hostile text, or one of random characters. */
export function hostileText(random: Random): string {
  if (random.chance(0.7)) return random.pick(hostileTexts) ?? "";
  return String.fromCharCode(...Array.from({ length: random.integer(0, 40) }, () => random.integer(0, 65_535)));
}

/** A text with a few characters changed, dropped, doubled or cut off. */
export function mutated(text: string, random: Random): string {
  let changed = text;
  for (let times = random.integer(1, 3); times > 0; times -= 1) {
    const at = random.integer(0, changed.length);
    const [before, after] = [changed.slice(0, at), changed.slice(at)];
    const replacement = random.chance(0.5) ? (random.pick(marks) ?? "") : hostileText(random);
    switch (random.integer(0, 4)) {
      case 0:
        changed = before;
        break;
      case 1:
        changed = before + after.slice(1);
        break;
      case 2:
        changed = before + after.slice(0, 5) + after;
        break;
      case 3:
        changed = before + replacement + after.slice(1);
        break;
      default:
        changed = before + replacement + after;
    }
  }
  return changed;
}

/** A value of the wrong kind. */
export function wrongValue(random: Random): unknown {
  const kinds: readonly unknown[] = [
    null,
    undefined,
    Number.NaN,
    -1,
    Number.POSITIVE_INFINITY,
    true,
    {},
    [],
    [[]],
    new Map(),
    Symbol("s"),
    10n,
  ];
  return random.chance(0.5) ? random.pick(kinds) : hostileText(random);
}
