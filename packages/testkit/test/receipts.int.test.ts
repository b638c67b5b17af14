import { request } from "node:http";
import { InvocationView, Receipt, ReceiptList } from "@zygo/contracts";
import { CHECKOUT, makeProject, startPlatform, waitFor, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let platform: Platform;
let project: Project;
beforeAll(async () => {
  platform = await startPlatform();
  project = makeProject();
  project.write(
    "work.ts",
    `const spin = (ms: number) => { const from = process.cpuUsage(); for (;;) { const { user, system } = process.cpuUsage(from); if (user + system >= ms * 1000) return; } };
     export default async (request: Request) => {
       const { pathname } = new URL(request.url);
       if (pathname === "/spin") spin(60);
       if (pathname === "/throw") throw new Error("no");
       if (pathname === "/stream") return new Response(new ReadableStream({ async start(c) { for (let i = 0; i < 3; i++) { c.enqueue(new Uint8Array(5)); await new Promise((r) => setTimeout(r, 5)); } spin(60); c.close(); } }));
       return new Response("done " + request.headers.get("x-fn-receipt"));
     };`,
  );
  expect((await platform.fn(["deploy", "work.ts"], { cwd: project.directory })).code).toBe(0);
}, 60_000);
afterAll(async () => {
  await platform?.stop();
  project?.remove();
});

const url = (path: string): string => `${platform.url}/fn/work${path}`;
const receiptIn = (text: string | null | undefined): Receipt => Receipt.parse(JSON.parse(text ?? "null"));

test("with the answer, in a header, for who asks; the function is not told", async () => {
  const answer = await fetch(url("/spin"), { headers: { "x-fn-receipt": "1" } });
  expect(await answer.text()).toBe("done null");
  const receipt = receiptIn(answer.headers.get("x-fn-receipt"));
  expect(receipt).toMatchObject({ function: "work", status: 200, code: null, trigger: "http", shared: false, settled: false });
  expect(receipt.requestId).toBe(answer.headers.get("x-fn-request-id"));
  expect(receipt.start).toBe(answer.headers.get("x-fn-start"));
  expect(receipt.used?.cpuMs).toBeGreaterThanOrEqual(59);
  expect((await fetch(url("/"))).headers.has("x-fn-receipt")).toBe(false);
  const failed = await fetch(url("/throw"), { headers: { "x-fn-receipt": "1" } });
  expect(receiptIn(failed.headers.get("x-fn-receipt"))).toMatchObject({ code: "FUNCTION_ERROR", status: null });
});

test("a streamed answer has it in a trailer, with all that the stream took", async () => {
  const { trailers, announced } = await new Promise<{ trailers: NodeJS.Dict<string>; announced: string | undefined }>((resolve, reject) => {
    request(url("/stream"), { headers: { "x-fn-receipt": "1" } }, (answer) => {
      answer.resume().on("end", () => resolve({ trailers: answer.trailers, announced: answer.headers["trailer"] }));
    })
      .on("error", reject)
      .end();
  });
  expect(announced).toBe("x-fn-receipt");
  expect(receiptIn(trailers["x-fn-receipt"]).used?.cpuMs).toBeGreaterThanOrEqual(59);
});

test("HTTP/1.0 and HEAD, which have no trailers, are answered all the same", async () => {
  const head = await fetch(url("/stream"), { method: "HEAD", headers: { "x-fn-receipt": "1" } });
  expect([head.status, head.headers.has("trailer")]).toEqual([200, false]);
});

test("fn receipts lists the last ones, the newest first; fn invoke --receipt tells one", async () => {
  const { stderr, code } = await platform.fn(["invoke", "work", "/spin", "--receipt"], { cwd: CHECKOUT });
  expect(code).toBe(0);
  expect(stderr).toMatch(/receipt of \S+: 200\n.*start on .*\n.*handler .*\n.*CPU \d/s);
  const id = /receipt of (\S+):/.exec(stderr)?.[1];
  const [newest, ...older] = await waitFor("its settled receipt", async () => {
    const { stdout } = await platform.fn(["receipts", "work", "-n", "3", "--json"], { cwd: CHECKOUT });
    const { receipts, silent } = ReceiptList.parse(JSON.parse(stdout));
    expect(silent).toEqual([]);
    return receipts[0]?.requestId === id ? receipts : undefined;
  });
  expect(newest).toMatchObject({ status: 200, settled: true, function: "work" });
  expect(older).toHaveLength(2);
  const table = await platform.fn(["receipts", "work"], { cwd: CHECKOUT });
  expect(table.stdout).toContain(id);
  expect((await platform.fn(["receipts", "nobody"], { cwd: CHECKOUT })).code).toBe(4);
});

test("an asynchronous invocation has it in its record, in each attempt", async () => {
  const accepted = await fetch(url("/spin"), { method: "POST", headers: { prefer: "respond-async" } });
  const record = await fetch(`${platform.url}${accepted.headers.get("location")}?wait=20`);
  const { state, attempts } = InvocationView.parse(await record.json());
  expect(state).toBe("succeeded");
  expect(attempts.map(({ receipt }) => receipt?.settled)).toEqual([true]);
  expect(attempts[0]?.receipt).toMatchObject({ requestId: attempts[0]?.requestId, trigger: "async", attempt: 1 });
  expect(attempts[0]?.receipt?.used?.cpuMs).toBeGreaterThanOrEqual(59);
});

test("with an Idempotency-Key too", async () => {
  const answer = await fetch(url("/spin"), { method: "POST", headers: { "idempotency-key": "k1", "x-fn-receipt": "1" } });
  expect(receiptIn(answer.headers.get("x-fn-receipt")).used?.cpuMs).toBeGreaterThanOrEqual(59);
});
