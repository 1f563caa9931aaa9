import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { docsOfName, documentedNames } from "./finding-docs.ts";

const page = readFileSync(new URL("../../../docs/verdicts.md", import.meta.url), "utf8");
const entries = page.split(/^### /m).slice(1);
const headings = entries.map((entry) => entry.slice(0, entry.indexOf("\n")));

test("every verdict and every cause of doubt has one entry of its own in the docs, and no entry is about anything else", () => {
  expect(headings.toSorted()).toEqual([...documentedNames].toSorted());
});

test("each entry says what to do", () => {
  expect(entries.filter((entry) => !entry.includes("*Do:*")).map((entry) => entry.split("\n")[0])).toEqual([]);
});

test("the anchors that findings carry are those of the headings", () => {
  // As Markdown renderers make them: lower case, blanks to hyphens, all other marks left out.
  const anchors = new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
  const anchorOf = (name: (typeof documentedNames)[number]) => docsOfName(name).replace("docs/verdicts.md#", "");
  expect(documentedNames.filter((name) => !anchors.has(anchorOf(name)))).toEqual([]);
});
