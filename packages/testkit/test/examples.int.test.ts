import { createHash, createHmac, randomBytes } from "node:crypto";
import { join } from "node:path";
import { startPlatform, waitFor, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ examples: true });
});
afterAll(() => platform?.stop());

const send = (method: string, target: string, body?: unknown): Promise<Response> =>
  fetch(platform.at(target), { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

test("all of them are there once the platform is ready", async () => {
  const { stdout } = await platform.fn(["list", "--json"]);
  const { functions } = JSON.parse(stdout) as { functions: { name: string; url: string }[] };
  expect(functions.map(({ name }) => name).sort()).toEqual(["api", "digest", "echo", "events", "hello", "mail", "on-push", "proxy", "s3"]);
  expect(functions.find(({ name }) => name === "hello")?.url).toBe(platform.at("hello"));
});

describe("hello", () => {
  test("answers, and says which request, which version and how it got its instance", async () => {
    const answer = await fetch(platform.at("hello"));
    expect([answer.status, await answer.text()]).toEqual([200, "hello\n"]);
    const { live } = await platform.client.get("hello");
    expect(answer.headers.get("x-fn-version")).toBe(live.version.slice(7, 19));
    expect(answer.headers.get("x-fn-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers.get("x-fn-start")).toMatch(/^(template|pool|cold)$/);
    expect(answer.headers.get("server-timing")).toMatch(/^queue;dur=[\d.]+, start;dur=[\d.]+, init;dur=[\d.]+, handler;dur=[\d.]+$/);
  });

  test("is hot the second time", async () => {
    await fetch(platform.at("hello"));
    expect((await fetch(platform.at("hello"))).headers.get("x-fn-start")).toBe("hot");
  });

  test("answers the command too", async () => {
    expect(await platform.fn(["invoke", "hello"])).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
  });
});

describe("api", () => {
  test("keeps a todo from its making to its end", async () => {
    const made = await send("POST", "api/todos", { title: "milk" });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };
    expect(await (await send("PATCH", `api/todos/${id}`, { done: true })).json()).toEqual({ id, title: "milk", done: true });
    expect(await (await send("GET", "api/todos")).json()).toEqual({ todos: [{ id, title: "milk", done: true }] });
    expect((await send("DELETE", `api/todos/${id}`)).status).toBe(204);
    expect((await send("GET", `api/todos/${id}`)).status).toBe(404);
  });

  test("answers a wrong body with its own 400 and names the members", async () => {
    const answer = await send("POST", "api/todos", { title: "", more: 1 });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: "invalid", issues: [{ path: "title" }, { path: "" }] });
  });

  test("answers a body that is no JSON", async () => {
    const answer = await fetch(platform.at("api/todos"), { method: "POST", body: "{" });
    expect([answer.status, await answer.json()]).toEqual([400, { error: "the body is not JSON" }]);
  });
});

describe("events", () => {
  test("arrive one by one, while the function still makes the next", async () => {
    const answer = await fetch(platform.at("events?n=4&ms=150"));
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const arrivals: { ids: number[]; lagMs: number }[] = [];
    for await (const chunk of (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
      const events = [...chunk.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? "") as { id: number; time: string });
      arrivals.push({ ids: events.map(({ id }) => id), lagMs: Date.now() - Date.parse(events[0]?.time ?? "") });
    }
    expect(arrivals.map(({ ids }) => ids)).toEqual([[1], [2], [3], [4]]);
    expect(Math.max(...arrivals.map(({ lagMs }) => lagMs)), "buffered somewhere").toBeLessThan(150);
  });
});

describe("echo", () => {
  test("gives 5 MiB back byte for byte, with their type", async () => {
    const bytes = randomBytes(5 * 1024 * 1024);
    const answer = await fetch(platform.at("echo"), { method: "POST", body: bytes, headers: { "content-type": "image/png" } });
    const back = Buffer.from(await answer.arrayBuffer());
    expect([back.length, sha256(back)]).toEqual([bytes.length, sha256(bytes)]);
    expect(answer.headers.get("content-type")).toBe("image/png");
  });

  test("gives a piece back before the next is sent", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const pieces = writable.getWriter();
    const answering = fetch(platform.at("echo"), { method: "PUT", body: readable, duplex: "half" });
    void pieces.write(Buffer.from("one"));
    const back = (await answering).body?.getReader();
    expect(Buffer.from((await back?.read())?.value ?? []).toString()).toBe("one");
    void pieces.write(Buffer.from("two"));
    expect(Buffer.from((await back?.read())?.value ?? []).toString()).toBe("two");
    await pieces.close();
    expect((await back?.read())?.done).toBe(true);
  });

  test("is 405 for a method that it does not export, and says which it does", async () => {
    const answer = await fetch(platform.at("echo"));
    await expectProblem(answer, "METHOD_NOT_ALLOWED");
    expect(answer.headers.get("allow")?.split(/,\s*/).sort()).toEqual(["POST", "PUT"]);
  });

  test("takes bytes from the command's standard input and gives them to its standard output", async () => {
    const { code, stdout } = await platform.fn(["invoke", "echo", "-X", "PUT", "-d", "-"], { input: "through a pipe" });
    expect([code, stdout]).toEqual([0, "through a pipe"]);
  });
});

test("s3 signs a URL with the AWS SDK", async () => {
  const answer = (await (await fetch(platform.at("s3/photos/cat.png?expires=60"))).json()) as { url: string };
  const { pathname, searchParams } = new URL(answer.url);
  expect([pathname, searchParams.get("X-Amz-Expires")]).toEqual(["/photos/cat.png", "60"]);
  expect(searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
});

describe("proxy", () => {
  test("reaches another function by its name", async () => {
    const answer = await fetch(platform.at("proxy/hello/any/path"));
    expect([answer.status, await answer.text()]).toEqual([200, "hello\n"]);
  });

  test("passes a body on and back", async () => {
    const answer = await fetch(platform.at("proxy/echo"), {
      method: "POST",
      body: "there and back",
      headers: { "content-type": "text/plain" },
    });
    expect(await answer.text()).toBe("there and back");
  });

  test("is named to the function that it calls, whatever its own caller claims", async () => {
    await platform.deploy(join(import.meta.dirname, "fixtures/mirror.ts"));
    const answer = await fetch(platform.at("proxy/mirror/x"), { headers: { "x-fn-caller": "bank", "x-fn-depth": "0" } });
    const { url, headers } = (await answer.json()) as { url: string; headers: [string, string][] };
    expect(new URL(url).pathname).toBe("/x");
    expect(headers.filter(([name]) => name.startsWith("x-fn-"))).toEqual([
      ["x-fn-caller", "proxy"],
      ["x-fn-depth", "1"],
    ]);
  });

  test("meets a 404 for a name that nobody has", async () => {
    const answer = await fetch(platform.at("proxy/nobody"));
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, "FUNCTION_NOT_FOUND"]);
  });

  test("that calls itself is ended by depth", async () => {
    const path = "proxy/".repeat(10);
    const answer = await fetch(platform.at(`${path}hello`));
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([508, "CALL_DEPTH_EXCEEDED"]);
  });
});

interface Line {
  message: string;
  fields?: Record<string, unknown>;
}

/** Lines that an example wrote, until one has this message. */
async function logged(name: string, message: string): Promise<Line> {
  let found: Line | undefined;
  await waitFor(`'${message}' of ${name}`, async () => {
    const { stdout } = await platform.fn(["logs", name, "--json"]);
    const lines = stdout.split("\n").filter((text) => text !== "");
    found = lines.map((text) => JSON.parse(text) as Line).find((line) => line.message === message);
    return found !== undefined;
  });
  return found as Line;
}

test("digest runs at its slot", async () => {
  const { stdout } = await platform.fn(["cron", "ls", "--json"]);
  const { schedules } = JSON.parse(stdout) as { schedules: { function: string; name: string; timeZone: string; next: number[] }[] };
  expect(schedules).toMatchObject([{ function: "digest", name: "morning", timeZone: "Europe/Berlin", next: { length: 5 } }]);
  await platform.fn(["cron", "run", "digest", "morning"]);
  expect((await logged("digest", "digest")).fields).toMatchObject({ schedule: "morning", manual: true, attempt: 1 });
});

test("on-push gets what GitHub signed, and nothing else does anything", async () => {
  const made = JSON.parse((await platform.fn(["webhook", "create", "repo", "on-push", "--provider", "github", "--json"])).stdout) as {
    secret: string;
    webhook: { url: string };
  };
  const body = JSON.stringify({ ref: "refs/heads/main", repository: { full_name: "ada/engine" }, commits: [{ id: "1" }, { id: "2" }] });
  const signature = `sha256=${createHmac("sha256", made.secret).update(body).digest("hex")}`;
  const headers = { "x-github-event": "push", "x-github-delivery": "d1", "x-hub-signature-256": signature };
  expect((await fetch(made.webhook.url, { method: "POST", headers, body })).status).toBe(202);
  expect((await logged("on-push", "push")).fields).toEqual({
    delivery: "d1",
    repository: "ada/engine",
    ref: "refs/heads/main",
    commits: 2,
  });
  expect((await platform.fn(["webhook", "test", "repo"])).stdout).toContain("202");
  expect((await logged("on-push", "ignored")).fields).toMatchObject({ event: "ping" });
  expect((await fetch(platform.at("on-push"), { method: "POST", body })).status).toBe(404);
});

test("mail sends itself a message for each recipient, and what does not go out comes again", async () => {
  const sent = await send("POST", "mail", { to: ["ada@example.com", "bob@nowhere.example"], subject: "hello" });
  expect(sent.status).toBe(202);
  const [ada = "", bob = ""] = ((await sent.json()) as { ids: string[] }).ids;
  expect(await platform.client.invocation(ada, { waitS: 30 })).toMatchObject({ state: "succeeded", attempts: { length: 1 } });
  await waitFor("bob's next try to be planned", async () => (await platform.client.invocation(bob)).state === "retrying");
  expect((await logged("mail", "not sent")).fields).toMatchObject({ id: bob, attempts: 1 });
  expect((await send("POST", "mail", { to: ["nobody"], subject: "x" })).status).toBe(400);
});

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
