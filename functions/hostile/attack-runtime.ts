/** Node and the runtime around the function: what it may break is its own instance. `?case=<id>` */
import { serve } from "./attack.ts";

export const config = { timeoutMs: 1_500, reuse: "never" };

const ANSWERS: Readonly<Record<string, () => unknown>> = {
  "getter-throws": () => ({
    get status() {
      throw new Error("from the getter");
    },
  }),
  "proxy-answer": () => new Proxy(new Response("x"), { get: () => new Proxy({}, {}) }),
  "fake-response": () => Object.setPrototypeOf({ status: 99, headers: new Headers(), body: null }, Response.prototype),
  "thenable-answer": () => ({ then: (resolve: (value: unknown) => void) => resolve({ then: () => process.exit(9) }) }),
  "throw-undefined": () => {
    throw undefined;
  },
  "throw-getter": () => {
    throw Object.defineProperty(new Error("x"), "message", { get: () => process.abort() });
  },
  "throw-after": () => {
    setImmediate(() => {
      throw new Error("after the answer");
    });
    return Response.json({ outcome: "answered" });
  },
  "pollute-prototype": () => {
    Object.assign(Object.prototype, { status: 201, code: "EVIL", then: undefined });
    return Response.json({ outcome: "polluted" });
  },
  "overwrite-globals": () => {
    Object.assign(globalThis, { Response: null, JSON: null, Promise: null, Buffer: null });
    throw new Error("with nothing left");
  },
  "overwrite-array": () => {
    Array.prototype.push = () => 0;
    Array.prototype[Symbol.iterator] = () => [][Symbol.iterator]();
    return Response.json({ outcome: "overwritten" });
  },
  "remove-listeners": () => {
    process.removeAllListeners();
    throw new Error("without listeners");
  },
  "exit-in-exit": () => {
    process.on("exit", () => {
      for (;;);
    });
    process.exit(1);
  },
  "next-tick-starves": () => {
    const again = (): void => process.nextTick(again);
    again();
    return new Promise(() => {});
  },
  segfault: () => process.kill(process.pid, "SIGSEGV"),
  "stop-itself": () => process.kill(process.pid, "SIGSTOP"),
};

const attacks = serve({
  inspector: async () => {
    const { open } = await import("node:inspector");
    open(0, "127.0.0.1");
    return "listening";
  },
});

export default (request: Request): unknown => {
  const answer = ANSWERS[new URL(request.url).searchParams.get("case") ?? ""];
  return answer === undefined ? attacks(request) : answer();
};
