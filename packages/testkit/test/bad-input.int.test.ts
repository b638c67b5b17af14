import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { MAX_REQUEST_BYTES } from "@zygo/contracts/names";
import { homePaths } from "@zygo/contracts";
import { rawHttp, startPlatform, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";

interface Mirrored {
  method: string;
  url: string;
  headers: [string, string][];
  bytes: number;
  served: number;
}

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await platform.deploy(join(import.meta.dirname, "fixtures/mirror.ts"));
});
afterAll(() => platform?.stop());

const mirrored = async (target = "mirror", init: RequestInit = {}): Promise<Mirrored> =>
  (await (await fetch(platform.at(target), init)).json()) as Mirrored;

/** How many invocations the function has seen, this one not counted. */
const servedBefore = async (): Promise<number> => (await mirrored()).served;

/** A body of so many bytes whose length is not told. */
function chunked(bytes: number): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(64 * 1024);
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= Math.min(left, chunk.length);
      if (left === 0) controller.close();
    },
  });
}

describe("names", () => {
  test.each(["nobody", "MIRROR", "-x", "a".repeat(64), "..", "%2e%2e", "a%2fb", "%00", "%", "mirror%ff", "a.b", "%20mirror", "🦓"])(
    "%j is no function: 404",
    async (name) => {
      // Sent raw: a client would tidy some of them up.
      const answer = await rawHttp(
        platform.url,
        `GET /fn/${Buffer.from(name).toString("latin1")}/x HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer).toMatch(/"code":"(FUNCTION_NOT_FOUND|NOT_FOUND|INVALID_REQUEST)"/);
    },
  );

  test("an unknown function is a problem with a request id", async () => {
    await expectProblem(await fetch(platform.at("nobody/x")), "FUNCTION_NOT_FOUND");
  });

  test.each(["/", "/fn", "/fn/", "/nowhere", "/api", "/hooks"])("%s names no function", async (path) => {
    const { status } = await fetch(platform.url + path);
    expect(status).toBe(path === "/" ? 200 : status === 401 ? 401 : 404);
  });
});

describe("size", () => {
  const tooMuch = MAX_REQUEST_BYTES + 1;

  test("a body that says that it is too large is refused before anything is queued", async () => {
    const served = await servedBefore();
    await expectProblem(await fetch(platform.at("mirror"), { method: "POST", body: new Uint8Array(tooMuch) }), "PAYLOAD_TOO_LARGE");
    expect(await servedBefore()).toBe(served + 1);
  });

  test("it is refused by its head alone", async () => {
    const head = `POST /fn/mirror HTTP/1.1\r\nhost: t\r\ncontent-length: ${tooMuch}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`;
    const answer = await rawHttp(platform.url, head);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).not.toContain("100 Continue");
  });

  test("a body of unknown length is refused once it is too large", async () => {
    await expectProblem(
      await fetch(platform.at("mirror"), { method: "POST", body: chunked(tooMuch), duplex: "half" }),
      "PAYLOAD_TOO_LARGE",
    );
    expect((await mirrored()).bytes).toBe(0);
  });

  test("a refused body kills no instance", async () => {
    const served = await servedBefore();
    expect(served).toBeGreaterThan(2);
  });

  test.each([0, 1, 16 * 1024, 16 * 1024 + 1, MAX_REQUEST_BYTES])("%i bytes reach the function, told and untold", async (bytes) => {
    expect((await mirrored("mirror", { method: "POST", body: new Uint8Array(bytes) })).bytes).toBe(bytes);
    if (bytes === 0) return;
    expect((await mirrored("mirror", { method: "POST", body: chunked(bytes), duplex: "half" })).bytes).toBe(bytes);
  });

  test("headers that are too large are refused", async () => {
    expect((await fetch(platform.at("mirror"), { headers: { "x-long": "x".repeat(40_000) } })).status).toBe(400);
  });
});

describe("keys", () => {
  const ask = (authorization?: string, path = "/api/functions"): Promise<Response> =>
    fetch(platform.url + path, { headers: authorization === undefined ? {} : { authorization } });

  test.each([
    ["no key", undefined],
    ["a wrong key", "Bearer fn_" + "x".repeat(43)],
    ["an empty key", "Bearer "],
    ["another scheme", "Basic " + Buffer.from("admin:admin").toString("base64")],
  ])("%s is 401", async (_, authorization) => {
    await expectProblem(await ask(authorization), "UNAUTHENTICATED");
  });

  test("a stranger does not learn which functions there are", async () => {
    await expectProblem(await ask(undefined, "/api/functions/nobody"), "UNAUTHENTICATED");
    await expectProblem(await ask(undefined, "/api/functions/mirror"), "UNAUTHENTICATED");
  });

  test("the generated key is let in", async () => {
    expect((await ask(`Bearer ${platform.apiKey}`)).status).toBe(200);
  });

  test("the key lies nowhere but in the credentials", () => {
    const paths = homePaths(platform.home);
    const files = [paths.logs, paths.redisData].flatMap((directory) =>
      readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      ),
    );
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => readFileSync(file, "latin1").includes(platform.apiKey))).toEqual([]);
  });

  test("the API describes itself to anyone", async () => {
    const { paths } = (await (await ask(undefined, "/api/openapi.json")).json()) as { paths: Record<string, unknown> };
    expect(Object.keys(paths)).toContain("/api/functions/{name}/versions");
  });
});

describe("headers and URLs", () => {
  test.each(["/x?a=1&a=2", "/a%2Fb", "//double", "/ä?ö=%FF", "/?", "/x;y=1,2"])("the path %s reaches the function", async (path) => {
    const expected = new URL(`http://t${path}`).href.slice("http://t".length);
    expect((await mirrored(`mirror${path}`)).url.slice(platform.url.length)).toBe(expected);
  });

  test("dots lead to nowhere but the function's own root", async () => {
    const answer = await rawHttp(platform.url, "GET /fn/mirror/../%2e%2e/api HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"url":"http://t/api"');
  });

  test("what a caller says in the platform's headers is not believed", async () => {
    const claimed = { "x-fn-caller": "bank", "x-fn-request-id": "mine", "x-fn-depth": "3", "x-fn-version": "1" };
    const { headers } = await mirrored("mirror", { headers: claimed });
    expect(headers.filter(([name]) => name.startsWith("x-fn-"))).toEqual([]);
  });

  test("methods and headers come as they were sent", async () => {
    const { method, headers } = await mirrored("mirror", { method: "PATCH", headers: { "x-own": "ä b", cookie: "a=1; b=2" }, body: "x" });
    expect(method).toBe("PATCH");
    expect(Object.fromEntries(headers)).toMatchObject({ "x-own": "ä b", cookie: "a=1; b=2" });
  });

  test("HEAD has the answer's headers and no body", async () => {
    const answer = await fetch(platform.at("mirror"), { method: "HEAD" });
    expect([answer.status, await answer.text(), answer.headers.get("content-type")]).toEqual([200, "", "application/json"]);
  });

  test.each([
    ["no HTTP", "hello\r\n\r\n"],
    ["two hosts", "GET /fn/mirror HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n"],
    ["no host", "GET /fn/mirror HTTP/1.1\r\nconnection: close\r\n\r\n"],
    [
      "both lengths",
      "POST /fn/mirror HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n",
    ],
    ["a negative length", "POST /fn/mirror HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\nconnection: close\r\n\r\n"],
    ["a broken chunk", "POST /fn/mirror HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nzz\r\nx"],
  ])("%s is refused with 400", async (_, bytes) => {
    expect(await rawHttp(platform.url, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await mirrored()).method).toBe("GET");
  });
});
