import { DEFAULT_LIMITS } from "@zygo/contracts";
import { expect, test } from "vitest";
import { createClient, type Client } from "./client.ts";

/** A client whose server is a function, and the requests that it sent. */
function fake(respond: (request: Request) => Response | Promise<Response>): { client: Client; requests: Request[] } {
  const requests: Request[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request);
    return respond(request);
  };
  return { client: createClient({ url: "http://host:1/base/", apiKey: "key", fetch }), requests };
}

test("admin calls carry the key and stay below the URL's path", async () => {
  const { client, requests } = fake(() => Response.json({ functions: [] }));
  expect(await client.list()).toEqual([]);
  expect(requests[0]?.url).toBe("http://host:1/base/api/functions");
  expect(requests[0]?.headers.get("authorization")).toBe("Bearer key");
});

test("an invocation carries what the caller gives, and no key", async () => {
  const { client, requests } = fake(() => new Response("hi", { status: 302, headers: { location: "/" } }));
  const response = await client.invoke("hello", { path: "/a?b=c", headers: { "x-a": "1" }, body: "text", version: "sha256:ab" });
  expect(response.status).toBe(302);
  const [request] = requests;
  expect([request?.method, request?.url]).toEqual(["POST", "http://host:1/base/fn/hello@sha256%3Aab/a?b=c"]);
  expect(request?.headers.get("authorization")).toBeNull();
  expect(request?.headers.get("x-a")).toBe("1");
  expect(await request?.text()).toBe("text");
});

test("deploy sends the parts of the contract", async () => {
  const result = {
    function: "hello",
    version: `sha256:${"a".repeat(64)}`,
    changed: true,
    url: "http://host/fn/hello",
    bundleBytes: 3,
    startup: { totalMs: 1, loadMs: 1 },
    handlers: ["fetch"],
    limits: DEFAULT_LIMITS,
  };
  const forms: FormData[] = [];
  const { client, requests } = fake(async (request) => {
    forms.push(await request.formData());
    return Response.json(result);
  });
  const bundle = new Uint8Array([1, 2, 255]);
  expect(await client.deploy({ name: "hello", meta: { format: "esm", entry: "a.ts" }, bundle, sourceMap: "{}" })).toMatchObject(result);
  expect(requests[0]?.url).toBe("http://host:1/base/api/functions/hello/versions");
  const [meta, sent, map] = ["meta", "bundle", "sourceMap"].map((part) => forms[0]?.get(part) as File);
  expect(JSON.parse((await meta?.text()) ?? "")).toEqual({ format: "esm", entry: "a.ts" });
  expect(new Uint8Array((await sent?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(bundle);
  expect(await map?.text()).toBe("{}");
});

test.each(["../keys", "a/b", "", "A", "a?b", "a#b", "%2e%2e"])("the name %j never reaches the server", async (name) => {
  const { client, requests } = fake(() => Response.json({}));
  await expect(client.get(name)).rejects.toMatchObject({ name: "ApiError", code: "INVALID_REQUEST" });
  await expect(client.delete(name)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await expect(client.invoke(name)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await expect(client.logs(name).next()).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await expect(client.moveAlias("hello", name, "live")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  expect(requests).toEqual([]);
});

test.each([
  ["not a url", "key"],
  ["ftp://host", "key"],
  ["http://host", ""],
  ["http://host", "key\r\nx-evil: 1"],
])("url %j with key %j is BAD_CREDENTIALS", (url, apiKey) => {
  expect(() => createClient({ url, apiKey })).toThrow(expect.objectContaining({ code: "BAD_CREDENTIALS" }));
});
