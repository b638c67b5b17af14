import { defineConfig } from "vitest/config";

const EXCLUDE = ["**/node_modules/**", "**/build/**", "functions/hostile/**", "functions/broken/**"];

/** Integration tests start real processes and sandboxes: one file at a time, after the unit tests, so that they do not wait for a core. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/src/**/*.test.ts", "infra/**/*.test.ts", "functions/*.test.ts"],
          exclude: [...EXCLUDE, "**/test/**"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "int",
          include: ["**/test/**/*.int.test.ts"],
          exclude: EXCLUDE,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
