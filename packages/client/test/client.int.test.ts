import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createClient, type Client } from "../src/index.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function against(listener: RequestListener): Promise<Client> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: "key" });
}

const line = (id: string): string => `${JSON.stringify({ id, time: 1, level: "info", requestId: null, version: "v", message: id })}\n`;

test("an unreachable server says how to start one", async () => {
  const client = await against(() => {});
  await new Promise((done) => servers.pop()?.close(done));
  const failing = { name: "ApiError", code: "UNREACHABLE", status: 0, detail: expect.stringContaining("`npm start`") as string };
  await expect(client.list()).rejects.toMatchObject(failing);
  await expect(client.invoke("hello")).rejects.toMatchObject(failing);
  await expect(client.logs("hello").next()).rejects.toMatchObject(failing);
});

test("an answer that breaks off is UNREACHABLE", async () => {
  const client = await against((_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("{", () => response.destroy());
  });
  await expect(client.list()).rejects.toMatchObject({ code: "UNREACHABLE" });
});

test("the caller's abort is thrown as it is", async () => {
  const client = await against(() => {});
  const reason = new Error("enough");
  const stop = new AbortController();
  const call = client.list({ signal: stop.signal });
  stop.abort(reason);
  await expect(call).rejects.toBe(reason);
});

test("following yields lines as they come and ends on abort", async () => {
  let push: ((text: string) => void) | undefined;
  const urls: (string | undefined)[] = [];
  const client = await against((request, response) => {
    urls.push(request.url);
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    push = (text) => response.write(text);
    push(line("1-0"));
  });
  const stop = new AbortController();
  const lines = client.logs("hello", { after: "0-0", follow: true, signal: stop.signal });
  expect((await lines.next()).value).toMatchObject({ id: "1-0" });
  push?.(`\n${line("2-0")}`);
  expect((await lines.next()).value).toMatchObject({ id: "2-0" });
  const last = lines.next();
  stop.abort();
  expect(await last).toEqual({ value: undefined, done: true });
  expect(urls).toEqual(["/api/functions/hello/logs?after=0-0&follow=1"]);
});

test("leaving the loop closes the connection", async () => {
  const closed = Promise.withResolvers<void>();
  const client = await against((_, response) => {
    response.on("close", () => closed.resolve());
    response.write(line("1-0"));
  });
  for await (const _line of client.logs("hello", { follow: true })) break;
  await closed.promise;
});

test("a request body streams", async () => {
  const client = await against((request, response) => void request.pipe(response));
  const body = ReadableStream.from([Buffer.from("one "), Buffer.from("two")]);
  const response = await client.invoke("echo", { body });
  expect(await response.text()).toBe("one two");
});
