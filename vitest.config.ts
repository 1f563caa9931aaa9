import { defineConfig } from "vitest/config";

/** Workspaces are read from their sources: no build stands between a change and its test. */
const conditions = ["@seqwatch/source"];
const resolution = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };
const exclude = ["**/node_modules/**", "**/dist/**"];

export default defineConfig({
  ...resolution,
  test: {
    projects: [
      {
        ...resolution,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude,
          pool: "forks",
          testTimeout: 60_000,
        },
      },
      {
        ...resolution,
        test: {
          name: "servers",
          include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "test/**/*.test.ts"],
          exclude,
          globalSetup: ["test/servers.ts"],
          pool: "forks",
          // One file at a time: servers and load share two cores, and waits should measure the product.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        ...resolution,
        test: {
          name: "stack",
          include: ["stack/**/*.test.ts"],
          exclude,
          pool: "forks",
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
