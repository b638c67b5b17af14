import type { OutputStream } from "./output-stream.ts";
import type { Program } from "./program.ts";

interface Exercise {
  method: string;
  path: string;
  body: string;
  /** What follows the request frame: nothing, more body, or the caller's leaving. */
  then: "end" | "stream" | "cancel";
}

/** What the warm-up asks of its program, in each round. */
export const PRACTICE: readonly Exercise[] = [
  { method: "GET", path: "/hello", body: "", then: "end" },
  { method: "GET", path: "/hello", body: "", then: "end" },
  { method: "HEAD", path: "/hello", body: "", then: "end" },
  { method: "POST", path: "/json", body: '{"name":"zygo","list":[1,2,3]}', then: "end" },
  { method: "POST", path: "/echo", body: '{"name":"zygo"}', then: "stream" },
  { method: "POST", path: "/text", body: "some text", then: "stream" },
  { method: "GET", path: "/events", body: "", then: "end" },
  { method: "GET", path: "/log", body: "", then: "end" },
  { method: "GET", path: "/throw", body: "", then: "end" },
  { method: "POST", path: "/wait", body: "", then: "cancel" },
];

interface Practised {
  waitUntil(work: unknown): void;
  remainingMs(): number;
  log: { info(message: string, fields: object): void };
}
type Answer = (request: Request, context: Practised) => Response | Promise<Response>;

/** A function that does what functions commonly do; `console` and `stdout` are those of the warm-up's session. */
export function practiceProgram(console: Record<string, (...args: unknown[]) => unknown>, stdout: OutputStream): Program {
  const answers: Record<string, Answer> = {
    ...ANSWERS,
    "/log": (request, context) => {
      console["log"]?.("%s %d %o", request.method, 1, { headers: [...request.headers], list: [1, "a", null] });
      console["error"]?.(new Error("printed"));
      stdout.write("line\n");
      context.log.info("structured", { a: 1, remainingMs: context.remainingMs() });
      context.waitUntil(Promise.resolve());
      return new Response(null, { status: 204 });
    },
  };
  const call = (request: unknown, _env: unknown, context: unknown): unknown =>
    answers[new URL((request as Request).url).pathname]!(request as Request, context as Practised);
  return {
    identity: { function: "practice", version: "sha256:0" },
    handlers: { forMethod: () => call, allowed: [], scheduled: undefined, queue: undefined, names: ["fetch"] },
    env: {},
  };
}

const ANSWERS: Record<string, Answer> = {
  "/hello": () => new Response("hello"),
  "/json": async (request) => {
    const read: unknown = await request.json();
    const headers = new Headers({ "x-practice": request.headers.get("accept") ?? "" });
    headers.append("set-cookie", "a=1");
    return Response.json({ read, at: new URL(request.url).searchParams.get("a") }, { headers });
  },
  "/echo": (request) => new Response(request.body, { headers: { "content-type": request.headers.get("content-type") ?? "" } }),
  "/text": async (request) => new Response(new TextEncoder().encode(await request.text())),
  "/events": () => new Response(events(), { headers: { "content-type": "text/event-stream" } }),
  "/throw": () => {
    throw new TypeError("thrown in practice");
  },
  "/wait": (request) =>
    new Promise((resolve) => request.signal.addEventListener("abort", () => resolve(new Response("late")), { once: true })),
};

function events(): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(encoder.encode(`data: ${sent}\n\n`));
      if (++sent === 3) controller.close();
    },
  });
}
