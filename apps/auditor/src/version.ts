import { readFileSync } from "node:fs";

/** This package's own version, as its package.json says: beside `src` as beside `dist`. */
export const version: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const found: unknown =
    typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "version") : undefined;
  return typeof found === "string" ? found : "0.0.0";
}
