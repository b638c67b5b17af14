import { setTimeout } from "node:timers/promises";
import type { Context, Env } from "@zygo/sdk";
import { describe, expect, test } from "vitest";
import api from "../api.ts";
import { POST as echo } from "../echo.ts";
import { GET as events } from "../events.ts";
import hello from "../hello.ts";
import proxy from "../proxy.ts";
import { GET as s3 } from "../s3.ts";

/** The examples in this process, as plain functions of a Request; through the platform they are tested elsewhere. */
/** None of the examples below sends messages. */
const env = (variables: Record<string, string> = {}): Env => variables as Env;
const at = (path: string): string => `http://example.test${path}`;

test("hello", async () => {
  expect(await hello().text()).toBe("hello\n");
});

test("echo answers with the bytes and the type that it got", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  const answer = echo(new Request(at("/"), { method: "POST", body: bytes, headers: { "content-type": "image/png" } }));
  expect(answer.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
});

describe("api", () => {
  const send = (method: string, path: string, body?: unknown) =>
    api.request(at(path), { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

  test("a todo is made, read, changed and removed", async () => {
    const made = await send("POST", "/todos", { title: " milk " });
    expect(made.status).toBe(201);
    const todo = (await made.json()) as { id: string };
    expect(todo).toMatchObject({ title: "milk", done: false });
    expect(made.headers.get("location")).toBe(`todos/${todo.id}`);
    const path = `/todos/${todo.id}`;
    expect(await (await send("PATCH", path, { done: true })).json()).toEqual({ ...todo, done: true });
    expect(await (await send("GET", "/todos")).json()).toEqual({ todos: [{ ...todo, done: true }] });
    expect((await send("DELETE", path)).status).toBe(204);
    expect((await send("GET", path)).status).toBe(404);
  });

  test("a body that is wrong is told how", async () => {
    const wrong = await send("POST", "/todos", { title: "", more: 1 });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ error: "invalid", issues: [{ path: "title" }, { path: "" }] });
    const noJson = await api.request(at("/todos"), { method: "POST", body: "{" });
    expect([noJson.status, await noJson.json()]).toEqual([400, { error: "the body is not JSON" }]);
  });
});

describe("events", () => {
  /** As much of a context as the example uses. */
  const context = (signal: AbortSignal, told: unknown[]) =>
    ({ signal, log: { info: (...line: unknown[]) => told.push(line) } }) as unknown as Context;

  test("sends the ticks that were asked for, then ends", async () => {
    const answer = events(new Request(at("/?n=3&ms=1")), env(), context(new AbortController().signal, []));
    const text = await answer.text();
    expect(text.match(/^id: \d$/gm)).toEqual(["id: 1", "id: 2", "id: 3"]);
    expect(text).toMatch(/event: tick\ndata: {"id":3,"time":"[^"]+"}\n\n$/);
  });

  test("ends when the caller leaves", async () => {
    const caller = new AbortController();
    const told: unknown[] = [];
    const body = events(new Request(at("/?n=1000&ms=1")), env(), context(caller.signal, told)).body?.getReader();
    await body?.read();
    caller.abort();
    while (!(await body?.read())?.done) await setTimeout(1);
    expect(told).toEqual([["the caller left", { ticks: expect.any(Number) as number }]]);
  });
});

test("s3 signs a URL for the object that the path names", async () => {
  const answer = (await (await s3(new Request(at("/photos/my%20cat.png?expires=60")), env({ BUCKET: "mine" }))).json()) as { url: string };
  const url = new URL(answer.url);
  expect([url.hostname, url.pathname]).toEqual(["mine.s3.us-east-1.amazonaws.com", "/photos/my%20cat.png"]);
  expect(url.searchParams.get("X-Amz-Expires")).toBe("60");
  expect(url.searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
  expect((await s3(new Request(at("/")), env())).status).toBe(400);
});

test.each(["/", "/UPPER/x", "/a.b/x", "/a%2fb/", "/-a/"])("proxy refuses %s, which names no function", async (path) => {
  expect((await proxy(new Request(at(path)))).status).toBe(400);
});
