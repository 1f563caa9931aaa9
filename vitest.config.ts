import { defineConfig } from "vitest/config";

/** Workspaces are read from their sources: no build stands between a change and its test. */
const conditions = ["@seqwatch/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "packages/**/*.test.ts",
      "apps/**/*.test.ts",
      "stack/**/*.test.ts",
      "test/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
