import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const FN = fileURLToPath(new URL("../bin/fn.mjs", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "fn-cli-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `fn` under `node`, with nothing of this process's settings. Port 9 of loopback refuses. */
function fn(args: string[], { node = process.execPath, env = {}, input = "" } = {}): Promise<Outcome> {
  const child = spawn(node, [FN, ...args], {
    env: { PATH: process.env["PATH"], FN_URL: "http://127.0.0.1:9", FN_API_KEY: "k", FN_HOME: home, ...env },
  });
  const outcome: Outcome = { code: null, out: "", err: "" };
  child.stdout.on("data", (chunk) => (outcome.out += chunk));
  child.stderr.on("data", (chunk) => (outcome.err += chunk));
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ ...outcome, code })));
}

const file = (name: string, text: string): string => {
  writeFileSync(join(home, name), text);
  return join(home, name);
};

describe("usage", () => {
  test.each([["--help"], ["-h"], []])("fn %s explains", async (...args) => {
    const { code, out } = await fn(args);
    expect(code).toBe(0);
    expect(out).toContain("Exit codes:");
  });

  test.each(["deploy", "invoke", "list", "logs", "delete"])("fn %s --help has examples", async (command) => {
    const [flag, word] = await Promise.all([fn([command, "--help"]), fn(["help", command])]);
    expect(flag).toMatchObject({ code: 0, err: "" });
    expect(flag.out).toContain("Examples:\n  fn ");
    expect(word.out).toBe(flag.out);
  });

  test.each([
    [["nope"], "unknown command 'nope'"],
    [["deploy"], "<file> is missing"],
    [["deploy", "a.ts", "b.ts", "--name", "c"], "--name is for one file"],
    [["deploy", "a/x.ts", "b/x.ts"], "two files would be the function 'x'"],
    [["deploy", "a.ts", "--name", "A_B"], "'A_B' is no function name"],
    [["deploy", "a.ts", "--timeout", "5"], "--timeout 5: write a number and a unit"],
    [["invoke"], "<name> is missing"],
    [["logs", "a", "--nope"], "Unknown option '--nope'"],
    [["delete", "hello"], "give --yes"],
  ])("fn %j is refused with 2", async (args, text) => {
    const { code, out, err } = await fn(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(text);
  });

  test("limits are checked by the platform's own rules before anything is sent", async () => {
    const { code, err } = await fn(["deploy", file("ok.ts", "export default () => new Response();"), "--memory", "5"]);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("--memory: ") as string });
  });
});

describe("what fails", () => {
  test("a function that does not bundle: 5, file, line, column, caret", async () => {
    const { code, out, err } = await fn(["deploy", file("bad.ts", `export default () =>\n  new Response("x";\n`)]);
    expect({ code, out }).toEqual({ code: 5, out: "" });
    expect(err).toContain(`bad.ts:2:19: Expected ")" but found ";"\n  2 │   new Response("x";\n    ╵                   ^`);
  });

  test("--json tells it as one document on stdout", async () => {
    const { code, out, err } = await fn(["deploy", file("bad.ts", "export const x = 1;"), "--json"]);
    expect({ code, err }).toEqual({ code: 5, err: "" });
    expect(JSON.parse(out)).toMatchObject({ code: "INVALID_BUNDLE", messages: [{ file: join(home, "bad.ts") }] });
  });

  test("several files: each its own outcome, the worst decides", async () => {
    const { code, out } = await fn(["deploy", file("one.ts", "export default 1 +;"), file("two.ts", "export const x = 1;"), "--json"]);
    expect(code).toBe(5);
    expect(JSON.parse(out)).toMatchObject([{ file: join(home, "one.ts") }, { file: join(home, "two.ts") }]);
  });

  test.each([[["list"]], [["invoke", "hello"]], [["logs", "hello"]], [["delete", "hello", "--yes"]], [["deploy", "functions/hello.ts"]]])(
    "fn %j: nobody there is 3, and says npm start",
    async (args) => {
      const { code, out, err } = await fn(args);
      expect({ code, out }).toEqual({ code: 3, out: "" });
      expect(err).toContain("npm start");
    },
  );

  test("no platform ever ran here: 3 too", async () => {
    expect(await fn(["list"], { env: { FN_URL: "", FN_API_KEY: "" } })).toMatchObject({
      code: 3,
      err: expect.stringContaining(`No platform has run in ${home}`) as string,
    });
  });

  test("the key of one platform is not sent to another", async () => {
    file("credentials.json", JSON.stringify({ url: "http://127.0.0.1:8080", apiKey: "secret" }));
    const { code, err } = await fn(["list"], { env: { FN_API_KEY: "" } });
    rmSync(join(home, "credentials.json"));
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("There is no API key for http://127.0.0.1:9") as string });
  });
});

describe("under another Node", () => {
  const node22 = fileURLToPath(new URL(`../../../node_modules/node22-${process.arch}/bin/node`, import.meta.url));

  test("the pinned one is started, and its output and exit code are kept", async () => {
    expect(await fn(["--version"], { node: node22 })).toEqual({ code: 0, out: "0.1.0\n", err: "" });
    expect(await fn(["nope"], { node: node22 })).toMatchObject({ code: 2 });
  });

  test("a signal reaches it while it waits", async () => {
    const server = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const child = spawn(node22, [FN, "list"], { env: { FN_URL: `http://127.0.0.1:${port}`, FN_API_KEY: "k" } });
    await once(server, "request");
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([130, null]);
    server.closeAllConnections();
    server.close();
  });
});
