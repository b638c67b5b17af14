import { readdirSync } from "node:fs";
import { makeProject, startPlatform, type Deployed, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";

let platform: Platform;
let project: Project;
let [first, second]: Deployed[] = [];
beforeAll(async () => {
  platform = await startPlatform();
  project = makeProject();
  first = await deploy("first");
  second = await deploy("second");
});
afterAll(async () => {
  project?.remove();
  await platform?.stop();
});

const deploy = (text: string): Promise<Deployed> =>
  platform.deploy(project.write("app.ts", `export default (request) => new Response("${text} " + new URL(request.url).pathname);`));

const textOf = async (target: string): Promise<string> => (await fetch(platform.at(target))).text();

/** Moves an alias by the API, as anyone with the key may. */
async function move(alias: string, version: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${platform.apiKey}`, "content-type": "application/json" };
  return fetch(`${platform.url}/api/functions/app/aliases/${alias}`, { method: "PUT", headers, body: JSON.stringify({ version }) });
}

test("without a version the newest answers", async () => {
  expect(await textOf("app/x")).toBe("second /x");
});

test("an old version is reached by its digest, whole or its first digits", async () => {
  const hex = first?.version.slice("sha256:".length) ?? "";
  const targets = [
    `app@sha256:${hex}/x`,
    `app@${hex}/x`,
    `app@${hex.slice(0, 12)}/x`,
    `app@${hex.slice(0, 6)}/x`,
    `app%40${hex.slice(0, 12)}/x`,
  ];
  for (const target of targets) expect(await textOf(target), target).toBe("first /x");
});

test("both versions serve side by side and say which they are", async () => {
  const answers = await Promise.all([first, second].map((deployed) => fetch(platform.at(`app@${deployed?.version.slice(7, 19)}`))));
  expect(answers.map(({ headers }) => headers.get("x-fn-version"))).toEqual(
    [first, second].map((deployed) => deployed?.version.slice(7, 19)),
  );
});

test("an alias points where it was put", async () => {
  expect((await move("stable", first?.version)).status).toBe(200);
  expect(await textOf("app@stable/x")).toBe("first /x");
  expect((await platform.fn(["invoke", "app@stable", "/y"])).stdout).toBe("first /y");
  expect((await move("stable", "live")).status).toBe(200);
  expect(await textOf("app@stable/x")).toBe("second /x");
});

test("moving live back is a rollback, seen by the next call", async () => {
  expect((await move("live", first?.version.slice(7, 19))).status).toBe(200);
  expect(await textOf("app/x")).toBe("first /x");
  await platform.client.moveAlias("app", "live", second?.version ?? "");
  expect(await textOf("app/x")).toBe("second /x");
});

test("a rolled back version can be deployed again without a new build", async () => {
  await move("live", first?.version);
  expect(await deploy("second")).toMatchObject({ version: second?.version, changed: true });
  expect(await textOf("app/x")).toBe("second /x");
});

test.each([
  ["a version that there is not", "live", `sha256:${"0".repeat(64)}`, "VERSION_NOT_FOUND"],
  ["digits of none", "live", "0000000000", "VERSION_NOT_FOUND"],
  ["an alias that there is not", "live", "nowhere", "VERSION_NOT_FOUND"],
  ["what is no version", "live", 7, "INVALID_REQUEST"],
  ["an alias that looks like a version", "abcdef", "live", "INVALID_REQUEST"],
] as const)("moving to %s changes nothing", async (_, alias, version, code) => {
  await expectProblem(await move(alias, version), code);
  expect(await textOf("app/x")).toBe("second /x");
});

test("a refusal that comes before the body was read is the same each time, and leaves the gateway no connection", async () => {
  const descriptors = (): number => readdirSync(`/proc/${platform.pids().gateway}/fd`).length;
  const before = descriptors();
  const codes = new Set<string>();
  for (let turn = 0; turn < 60; turn++) codes.add(((await (await move("abcdef", "live")).json()) as { code: string }).code);
  expect([...codes]).toEqual(["INVALID_REQUEST"]);
  expect(descriptors()).toBeLessThan(before + 10);
});

test("a version or alias that there is not is 404", async () => {
  await expectProblem(await fetch(platform.at("app@nowhere/x")), "VERSION_NOT_FOUND");
  await expectProblem(await fetch(platform.at(`app@${"0".repeat(12)}/x`)), "VERSION_NOT_FOUND");
});
