import { MAX_BUNDLE_BYTES, type Problem } from "@zygo/contracts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MAX_UPLOAD_BYTES } from "../src/upload.ts";
import { startControl, type Control } from "./control.ts";

let control: Control;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.end());
/** Bad input reaches neither a worker nor the store, but for the line that says that somebody tried. */
afterEach(async () => {
  expect(control.worker.probes).toEqual([]);
  expect((await control.raw.keys("fn:[^w]*")).filter((key) => !key.startsWith("fn:audit:"))).toEqual([]);
});

const META = JSON.stringify({ format: "cjs", entry: "a.ts" });

function formOf(parts: Record<string, string | Blob>): FormData {
  const form = new FormData();
  for (const [name, content] of Object.entries(parts)) form.append(name, content);
  return form;
}

const post = (body: RequestInit["body"], headers: Record<string, string> = {}, name = "hello"): Promise<Response> =>
  control.fetch(`/api/functions/${name}/versions`, {
    method: "POST",
    body: body ?? null,
    headers,
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
  });

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  return problem;
}

const doubled = formOf({ meta: META, bundle: "1" });
doubled.append("bundle", "2");

test.each<[string, () => [RequestInit["body"], Record<string, string>?], RegExp]>([
  ["no body", () => [null], /not multipart/],
  ["JSON", () => ["{}", { "content-type": "application/json" }], /not multipart/],
  ["no boundary", () => ["x", { "content-type": "multipart/form-data;" }], /cannot be read/],
  ["a body that is no multipart", () => ["hello", { "content-type": "multipart/form-data; boundary=b" }], /cannot be read/],
  [
    "a body that ends early",
    () => ['--b\r\ncontent-disposition: form-data; name="meta"\r\n\r\n{', { "content-type": "multipart/form-data; boundary=b" }],
    /cannot be read/,
  ],
  ["no meta", () => [formOf({ bundle: "1" })], /'meta' is missing/],
  ["no bundle", () => [formOf({ meta: META })], /'bundle' is missing/],
  ["an empty bundle", () => [formOf({ meta: META, bundle: new Blob([]) })], /'bundle' is missing or empty/],
  ["a part twice", () => [doubled], /'bundle' is there twice/],
  ["an unknown part", () => [formOf({ meta: META, bundle: "1", __proto__x: "1" })], /no part '__proto__x'/],
  ["meta that is no JSON", () => [formOf({ meta: "{", bundle: "1" })], /meta is not JSON/],
  ["meta of another shape", () => [formOf({ meta: '{"format":"amd","entry":"a"}', bundle: "1" })], /^meta\.format: /],
  ["an unknown member of meta", () => [formOf({ meta: '{"format":"cjs","entry":"a","x":1}', bundle: "1" })], /"x"/],
  ["a wrong flag", () => [formOf({ meta: '{"format":"cjs","entry":"a","overrides":{"cpu":-1}}', bundle: "1" })], /^meta\.overrides\.cpu: /],
  [
    "a variable of the platform",
    () => [formOf({ meta: '{"format":"cjs","entry":"a","env":{"FN_URL":"x"}}', bundle: "1" })],
    /^meta\.env\.FN_URL: /,
  ],
])("an upload with %s is 400", async (_, request, detail) => {
  const problem = await problemOf(await post(...request()));
  expect([problem.status, problem.code]).toEqual([400, "INVALID_REQUEST"]);
  expect(problem.detail).toMatch(detail);
});

const MiB = 1024 * 1024;

test("a bundle over the limit is 413", async () => {
  const bundle = new Blob([Buffer.alloc(MAX_BUNDLE_BYTES + 1)]);
  expect(await problemOf(await post(formOf({ meta: META, bundle })))).toMatchObject({
    status: 413,
    code: "PAYLOAD_TOO_LARGE",
    detail: /./,
  });
});

test("a meta over the limit is 413", async () => {
  const problem = await problemOf(await post(formOf({ meta: `{"x":"${"y".repeat(MiB)}"}`, bundle: "1" })));
  expect(problem.code).toBe("PAYLOAD_TOO_LARGE");
});

test("a request that announces too much is refused before it is read", async () => {
  let read = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        read += 1;
        controller.enqueue(Buffer.alloc(1000));
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { "content-type": "multipart/form-data; boundary=b", "content-length": String(MAX_UPLOAD_BYTES + 1) };
  expect((await problemOf(await post(body, headers))).status).toBe(413);
  expect(read).toBe(0);
});

test("a request that never ends is cut off at the limit", async () => {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += MiB;
      controller.enqueue(Buffer.alloc(MiB));
    },
  });
  expect((await problemOf(await post(body, { "content-type": "multipart/form-data; boundary=b" }))).status).toBe(413);
  expect(sent).toBeLessThan(MAX_UPLOAD_BYTES + 20 * MiB);
});

test.each([
  "Hello",
  "-a",
  "a_b",
  "a%2Fb",
  "..%2F..%2Fetc",
  "a%00",
  "%E0%A4%A",
  "a".repeat(64),
  "a%0a",
  "%F0%9F%8E%88",
  "a;b",
  "fn:functions",
])("the name %s is refused by every route", async (name) => {
  const path = `/api/functions/${name}`;
  const answers = await Promise.all([
    control.fetch(path),
    control.fetch(path, { method: "DELETE" }),
    control.fetch(`${path}/logs`),
    control.fetch(`${path}/aliases/live`, { method: "PUT", body: '{"version":"live"}' }),
    post(formOf({ meta: META, bundle: "1" }), {}, name),
  ]);
  for (const answer of answers) expect((await problemOf(answer)).code).toBe("INVALID_REQUEST");
});

test.each(["{", "[]", '{"version":5}', '{"version":"a b"}', '{"version":"live","x":1}', `"${"x".repeat(5000)}"`])(
  "an alias move of %.20s is refused",
  async (body) => {
    const response = await control.fetch("/api/functions/hello/aliases/live", { method: "PUT", body });
    expect([400, 413]).toContain((await problemOf(response)).status);
  },
);

test.each(["after=x", "after=1-1-1", "limit=0", "limit=x", "limit=1001", "follow=yes", "tail=1"])("logs?%s is refused", async (query) => {
  expect((await problemOf(await control.fetch(`/api/functions/hello/logs?${query}`))).code).toBe("INVALID_REQUEST");
});

test.each(["/api/nothing", "/api/functions/hello/versions", "/", "/fn/hello"])("GET %s is NOT_FOUND", async (path) => {
  expect((await problemOf(await control.fetch(path))).code).toBe("NOT_FOUND");
});
