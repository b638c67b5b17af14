import type { Message } from "esbuild";
import { expect, test } from "vitest";
import { isFatalWarning, onlyTopLevelAwait, pointedAt, toBundleMessage } from "./messages.ts";

const PROJECT = { entry: "/no/such/project/a.ts", root: "/no/such/project", repository: "/no/such/project" };

function message(text: string, lineText: string, about: string): Message {
  const column = Buffer.byteLength(lineText.slice(0, lineText.indexOf(about)));
  const location = { file: "src/a.ts", namespace: "", line: 7, column, length: Buffer.byteLength(about), lineText, suggestion: "" };
  return { id: "", pluginName: "", text, location, notes: [], detail: undefined };
}

test("columns count characters from 1, though esbuild counts bytes from 0", () => {
  const found = toBundleMessage(message("Expected something", `const é = "→" + oops;`, "oops"), PROJECT);
  expect(found).toMatchObject({ file: "/no/such/project/src/a.ts", line: 7, column: 17, length: 4 });
});

test("only a build whose every error points at an await may be tried as an ES module", () => {
  const awaits = message("Top-level await …", "const é = await x;", "await");
  expect(onlyTopLevelAwait([awaits, awaits])).toBe(true);
  expect(onlyTopLevelAwait([awaits, message("Could not resolve", `import "x"`, `"x"`)])).toBe(false);
  expect(onlyTopLevelAwait([])).toBe(false);
});

test("a message without a place points at nothing", () => {
  expect(pointedAt({ ...message("x", "x", "x"), location: null })).toBe("");
  expect(toBundleMessage({ ...message("x", "x", "x"), location: null }, PROJECT)).toEqual({
    file: null,
    line: 0,
    column: 0,
    length: 0,
    lineText: "",
    text: "x",
  });
});

test.each([
  ["hono", "npm install hono"],
  ["hono/cors", "npm install hono`"],
  ["@aws-sdk/client-s3/x", "npm install @aws-sdk/client-s3`"],
  ["./missing.ts", "Not found inside the project"],
  ["../../etc/passwd", "Not found inside the project"],
  ["/etc/passwd", "Not found inside the project"],
])("an unresolved %s is told what to do", (specifier, hint) => {
  const found = toBundleMessage(message(`Could not resolve "${specifier}"`, `import x from "${specifier}";`, `"${specifier}"`), PROJECT);
  expect(found.hint).toContain(hint);
});

test("an add-on of a package is refused as such", () => {
  const found = toBundleMessage(message("No loader is configured", `require("pkg/x.node")`, `"pkg/x.node"`), PROJECT);
  expect(found.hint).toContain("native add-on");
});

test("a missing tsconfig base is an error in the project, not in a dependency", () => {
  const warning = message('Cannot find base config file "../base.json"', `{"extends":"../base.json"}`, `"../base.json"`);
  expect(isFatalWarning(warning)).toBe(true);
  const theirs = { ...warning, location: { ...warning.location!, file: "node_modules/x/tsconfig.json" } };
  expect(isFatalWarning(theirs)).toBe(false);
  expect(isFatalWarning(message("something else", "x", "x"))).toBe(false);
});
