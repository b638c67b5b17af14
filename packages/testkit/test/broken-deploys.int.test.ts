import { example, makeProject, startPlatform, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let platform: Platform;
let project: Project;
/** What `steady` is before, between and after all that goes wrong. */
let version: string;
beforeAll(async () => {
  platform = await startPlatform();
  project = makeProject();
  ({ version } = await platform.deploy(example("hello"), "--name", "steady"));
});
afterAll(async () => {
  project?.remove();
  await platform?.stop();
});

/** Deploys a file over `steady`, which must go on as it was. */
async function deployOver(file: string): Promise<{ code: number | null; stderr: string }> {
  const { code, stdout, stderr } = await platform.fn(["deploy", file, "--name", "steady"]);
  expect(stdout, "nothing is announced").toBe("");
  const answer = await fetch(platform.at("steady"));
  expect([answer.status, await answer.text(), answer.headers.get("x-fn-version")]).toEqual([200, "hello\n", version.slice(7, 19)]);
  expect((await platform.client.get("steady")).live.version).toBe(version);
  return { code, stderr };
}

describe("exits with 5, says where and why, and leaves the old version serving", () => {
  test.each([
    ["syntax-error", "functions/broken/syntax-error.ts:3:54", 'Expected ")" but found ";"'],
    ["missing-dependency", "functions/broken/missing-dependency.ts:2:25", '"no-such-package-of-zygo/left"'],
    ["outside", "functions/broken/outside.ts:3:", "etc/passwd"],
    ["throws-at-load", "broken/throws-at-load.ts:2:", "SyntaxError"],
    ["unknown-field", "functions/broken/unknown-field.ts:2:", "memory"],
    ["wrong-type", "functions/broken/wrong-type.ts:2:", "memoryMb"],
    ["no-handler", "", "exports no handler"],
  ])("%s.ts", async (name, place, reason) => {
    const { code, stderr } = await deployOver(example(`broken/${name}`));
    expect(stderr).toContain(place);
    expect(stderr).toContain(reason);
    expect(code).toBe(5);
  });

  test.each([
    ["exits while it loads", "process.exit(7); export default () => new Response();", "7"],
    [
      "takes more memory than it may while it loads",
      "globalThis.all = Array.from({ length: 300 }, () => Buffer.alloc(1 << 20, 1)); export default () => new Response();",
      "memory",
    ],
    [
      "is rejected while it loads",
      "await Promise.reject(new RangeError('on purpose')); export default () => new Response();",
      "on purpose",
    ],
    ["never ends to load", "for (;;); export default () => new Response();", "did not finish loading"],
  ])("a module that %s", async (_, source, reason) => {
    const { code, stderr } = await deployOver(project.write("bad.ts", source));
    expect(stderr).toContain(reason);
    expect(code).toBe(5);
  });
});

test("--json gives the problem as the one document, places included", async () => {
  const { code, stdout, stderr } = await platform.fn(["deploy", example("broken/syntax-error"), "--json"]);
  expect([code, stderr]).toEqual([5, ""]);
  expect(JSON.parse(stdout)).toMatchObject({
    code: "INVALID_BUNDLE",
    messages: [{ file: example("broken/syntax-error"), line: 3, column: 54 }],
  });
});

test("--json names the member of a config that is wrong", async () => {
  const { stdout } = await platform.fn(["deploy", example("broken/wrong-type"), "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ code: "INVALID_CONFIG", status: 422, issues: [{ path: ["memoryMb"] }] });
});

test("a file of the host is not in a bundle, whatever path leads to it", async () => {
  const { stderr } = await deployOver(example("broken/outside"));
  expect(stderr).not.toContain("root:x:0");
});

test("of several files the good ones go live", async () => {
  const { code, stdout } = await platform.fn(["deploy", example("echo"), example("broken/wrong-type"), "--json"]);
  expect(code).toBe(5);
  expect(JSON.parse(stdout)).toMatchObject([{ function: "echo", changed: true }, { code: "INVALID_CONFIG" }]);
  expect(await (await fetch(platform.at("echo"), { method: "POST", body: "x" })).text()).toBe("x");
});

test("a function that never deployed does not exist", async () => {
  await platform.fn(["deploy", example("broken/no-handler"), "--name", "never"]);
  expect((await fetch(platform.at("never"))).status).toBe(404);
  expect((await platform.client.list()).map(({ name }) => name)).not.toContain("never");
});
