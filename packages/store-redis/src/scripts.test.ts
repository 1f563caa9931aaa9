import { expect, test } from "vitest";
import { scriptsModule, storedScriptsModule } from "../test/generate-scripts.ts";

test("the scripts that are shipped are those of src/lua", () => {
  expect(storedScriptsModule()).toBe(scriptsModule());
});
