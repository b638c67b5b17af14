import { CHECKOUT, example, makeProject, startPlatform, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let platform: Platform;
let project: Project;
beforeAll(async () => {
  platform = await startPlatform();
  project = makeProject(["hono", "zod"]);
});
afterAll(async () => {
  project?.remove();
  await platform?.stop();
});

const textOf = async (target: string): Promise<string> => (await fetch(platform.at(target))).text();

const greeter = (greeting: string): string => `
import { Hono } from "hono";
import * as z from "zod";
const app = new Hono();
app.get("/:name", (c) => c.text("${greeting} " + z.string().max(20).parse(c.req.param("name")) + "\\n"));
export default app;
`;

describe("a file that was just written, with packages from npm", () => {
  test("answers once it is deployed; the command prints URL, size and start-up time", async () => {
    const file = project.write("greet.ts", greeter("hello"));
    const { code, stdout } = await platform.fn(["deploy", file], { cwd: project.directory });
    expect(code).toBe(0);
    expect(stdout).toContain(`greet is live at ${platform.at("greet")}\n`);
    expect(stdout).toMatch(/^ +bundle +\d+(\.\d+)? [kM]B, CommonJS/m);
    expect(stdout).toMatch(/^ +start-up +\d+(\.\d+)? ms in a new sandbox/m);
    expect(await textOf("greet/ada")).toBe("hello ada\n");
  });

  test("answers anew after an edit and a second deploy, and never in between with an error", async () => {
    const calls = poll("greet/ada");
    const before = await platform.client.get("greet");
    const deployed = await platform.deploy(project.write("greet.ts", greeter("goodbye")));
    expect(await textOf("greet/ada")).toBe("goodbye ada\n");
    expect([...(await calls.end())].sort()).toEqual(["200 goodbye ada\n", "200 hello ada\n"]);
    expect(deployed).toMatchObject({ changed: true, function: "greet" });
    expect(deployed.version).not.toBe(before.live.version);
  });

  test("is the same version when nothing changed", async () => {
    const { live, versions } = await platform.client.get("greet");
    expect(await platform.deploy(project.write("greet.ts", greeter("goodbye")))).toMatchObject({ version: live.version, changed: false });
    expect((await platform.client.get("greet")).versions).toHaveLength(versions.length);
  });
});

describe("what a function may look like", () => {
  test.each([
    [
      "an object with fetch",
      `export default { fetch: (request) => new Response("object " + new URL(request.url).pathname) };`,
      "object /x",
    ],
    ["a bare function", `export default (request) => new Response("bare " + new URL(request.url).pathname);`, "bare /x"],
    ["named methods", `export const GET = (request) => new Response("named " + new URL(request.url).pathname);`, "named /x"],
    ["top-level await", `const text = await Promise.resolve("awaited"); export default () => new Response(text);`, "awaited"],
  ])("%s", async (_, source, answer) => {
    await platform.deploy(project.write("shape.ts", source));
    expect(await textOf("shape/x")).toBe(answer);
  });

  test.each([
    ["node22", "v22."],
    ["node24", "v24."],
    ["node26", "v26."],
  ])("it runs on %s", async (runtime, version) => {
    await platform.deploy(project.write("node.ts", "export default () => new Response(process.version);"), "--runtime", runtime);
    expect(await textOf("node")).toContain(version);
  });
});

describe("flags", () => {
  test("--env sets variables, whose values the API does not give away", async () => {
    const source = "export default (request, env) => new Response(env.GREETING + process.env.GREETING);";
    await platform.deploy(project.write("env.ts", source), "--env", "GREETING=moin");
    expect(await textOf("env")).toBe("moinmoin");
    const detail = await platform.client.get("env");
    expect(detail.live.envNames).toEqual(["GREETING"]);
    expect(JSON.stringify(detail)).not.toContain("moin");
  });

  test("win over the file's config", async () => {
    const source = `export const config = { memoryMb: 256, timeoutMs: 9000, cpu: 1 }; export default () => new Response();`;
    const flags = ["--memory", "64", "--timeout", "5s", "--cpu", "0.5", "--reuse", "never", "--name", "flagged"];
    const { limits, function: name } = await platform.deploy(project.write("config.ts", source), ...flags);
    expect({ name, ...limits }).toMatchObject({ name: "flagged", memoryMb: 64, timeoutMs: 5000, cpu: 0.5, reuse: "never" });
  });

  test("without flags the file's config holds", async () => {
    const { limits } = await platform.deploy(
      project.write("config.ts", "export const config = { memoryMb: 256 }; export default () => new Response();"),
    );
    expect(limits.memoryMb).toBe(256);
  });

  test("--json is one document on standard output and nothing else", async () => {
    const { code, stdout, stderr } = await platform.fn(["deploy", example("hello"), "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      function: "hello",
      url: platform.at("hello"),
      changed: true,
      startup: { totalMs: expect.any(Number) as number },
    });
  });
});

test("several files in one command are as many functions", async () => {
  const deployed = await platform.deployAll([example("hello"), example("echo")]);
  expect(deployed.map((each) => each.function)).toEqual(["hello", "echo"]);
});

test("a function that is deleted is gone, and its name free", async () => {
  await platform.deploy(example("hello"), "--name", "brief");
  expect(await textOf("brief")).toBe("hello\n");
  expect(await platform.fn(["delete", "brief", "--yes"])).toMatchObject({ code: 0, stdout: "brief is deleted\n" });
  expect((await fetch(platform.at("brief"))).status).toBe(404);
  expect(await platform.deploy(example("hello"), "--name", "brief")).toMatchObject({ changed: true });
  expect(await textOf("brief")).toBe("hello\n");
});

describe("exit codes", () => {
  test.each([
    ["0 when the function answers, whatever its status", ["invoke", "greet", "/with/no/route"], 0],
    ["1 when the platform answers for the function", ["invoke", "throws"], 1],
    ["2 when the command is wrong", ["deploy", "--memory", "lots", "x.ts"], 2],
    ["4 when there is no such function", ["logs", "nobody"], 4],
    ["4 when there is no such function to call", ["invoke", "nobody"], 4],
    ["5 when the function is invalid", ["deploy", "functions/broken/syntax-error.ts"], 5],
  ])("%s", async (_, args, code) => {
    if (args[1] === "throws") await platform.deploy(example("hostile/throws"));
    expect((await platform.fn(args, { cwd: CHECKOUT })).code).toBe(code);
  });

  test("3 when nothing answers", async () => {
    const { code, stderr } = await platform.fn(["list"], { env: { FN_URL: "http://127.0.0.1:9", FN_API_KEY: "fn_x" } });
    expect([code, stderr]).toEqual([3, expect.stringContaining("http://127.0.0.1:9") as string]);
  });
});

/** Calls over and over. `end` gives all the different answers that came. */
function poll(target: string): { end(): Promise<Set<string>> } {
  const answers = new Set<string>();
  let going = true;
  const work = (async () => {
    while (going) {
      const answer = await fetch(platform.at(target));
      answers.add(`${answer.status} ${await answer.text()}`);
    }
  })();
  return {
    async end() {
      going = false;
      await work;
      return answers;
    },
  };
}
