import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** Type-aware rules that find faults. Questions of taste are prettier's, or nobody's. */
const faults = {
  "@typescript-eslint/no-floating-promises": "error",
  "@typescript-eslint/no-misused-promises": "error",
  "@typescript-eslint/await-thenable": "error",
  "@typescript-eslint/no-explicit-any": "error",
  "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
  "@typescript-eslint/consistent-type-imports": "error",
  "@typescript-eslint/only-throw-error": "error",
  "@typescript-eslint/prefer-promise-reject-errors": "error",
  "@typescript-eslint/no-unnecessary-type-assertion": "error",
  "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
  "no-unused-private-class-members": "error",
  eqeqeq: "error",
};

export default defineConfig(
  globalIgnores(["**/node_modules/", "**/build/", "functions/broken/", "functions/hostile/", ".turbo/"]),
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    files: ["**/*.ts", "infra/setup/*.mjs"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: faults,
  },
  {
    // tsc knows the globals and finds unused names.
    rules: {
      "no-undef": "off",
      "no-control-regex": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrors: "none" }],
    },
  },
  {
    // Settings are read in one place a process.
    files: ["services/**/src/**/*.ts", "packages/**/src/**/*.ts"],
    ignores: [
      "**/settings.ts",
      "**/*.test.ts",
      "packages/cli/src/**",
      "packages/bench/src/**",
      "packages/testkit/src/**",
      "packages/runtime/src/**",
    ],
    rules: {
      "no-restricted-properties": ["error", { object: "process", property: "env", message: "Read the environment in settings.ts alone." }],
    },
  },
);
