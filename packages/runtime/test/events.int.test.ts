import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { RUNTIMES, Workshop } from "./harness/build.ts";
import { Instance } from "./harness/instance.ts";

const workshop = new Workshop();
const events = workshop.fixture("events.ts");
const plain = workshop.source("exports.default = { fetch: () => new Response('x') };");
const replaced = workshop.source(
  "exports.default = { queue(batch) { JSON.stringify = () => 'bent'; Object.prototype.toJSON = () => 'bent'; globalThis.Response = null; batch.messages[0].ack(); } };",
);
afterAll(() => workshop.remove());

const SLOT = { name: "nightly", schedule: "0 3 * * *", timeZone: "UTC", scheduledTime: 1_700_000_000_000, manual: false };

describe.each(RUNTIMES)("handlers of events on %s", (runtime) => {
  let instance: Instance;
  beforeEach(async () => {
    instance = new Instance(runtime, workshop.runtime);
    await instance.greeted();
  });
  afterEach(() => instance.close());

  const deliver = (to: "scheduled" | "queue", payload: unknown) =>
    instance.ask({ method: "POST", deliver: to, body: JSON.stringify(payload), headers: [["content-type", "application/json"]] });
  const batch = (...bodies: object[]) =>
    deliver("queue", { queue: "mail", messages: bodies.map((body, at) => ({ id: `m${at}`, sentMs: 5, attempts: at + 1, body })) });

  test("an entry may have them alone; HTTP is refused then", async () => {
    expect((await instance.load(events)).handlers).toEqual(["scheduled", "queue"]);
    const answer = await instance.ask();
    expect([answer.head?.status, JSON.parse(answer.text())]).toMatchObject([405, { detail: "The function takes no HTTP requests" }]);
  });

  test("scheduled is told its slot, and what it throws fails the invocation", async () => {
    await instance.load(events);
    const answer = await deliver("scheduled", SLOT);
    expect(answer.head?.status).toBe(204);
    expect(answer.logs[0]?.fields).toEqual({ ...SLOT, cron: "0 3 * * *", slot: "2023-11-14T22:13:20.000Z", own: "kept" });
    const failed = await deliver("scheduled", { ...SLOT, name: "throws" });
    expect(failed.failure).toMatchObject({ code: "FUNCTION_ERROR", detail: "TypeError: no time" });
  });

  test("queue is told its messages; its first decision about each is the answer", async () => {
    await instance.load(events);
    const answer = await batch(
      { what: "ack" },
      { what: "retry", delaySeconds: 7 },
      { what: "nothing" },
      { what: "both" },
      { what: "retry" },
    );
    expect(answer.head?.status).toBe(200);
    expect(JSON.parse(answer.text())).toEqual({ acks: ["m0", "m3"], retries: [{ id: "m1", delaySeconds: 7 }, { id: "m4" }] });
    const timestamp = "1970-01-01T00:00:00.005Z";
    expect(answer.logs[0]?.fields).toMatchObject({ queue: "mail", messages: [{ id: "m0", attempts: 1, timestamp }, {}, {}, {}, {}] });
  });

  test("decisions stand although the handler throws, which is logged", async () => {
    await instance.load(events);
    const answer = await batch({ what: "ack" }, { what: "throw" }, { what: "ack" });
    expect(answer.head?.status).toBe(500);
    expect(JSON.parse(answer.text())).toEqual({ acks: ["m0"], retries: [], threw: "Error: broke off" });
    expect(answer.messages.at(-1)).toMatch(/^Error: broke off\n/);
  });

  test("retryAll retries what is undecided; a delay that is none throws", async () => {
    await instance.load(events);
    expect(JSON.parse((await batch({ what: "ack" }, { what: "all" }, { what: "x" })).text())).toMatchObject({
      acks: ["m0"],
      retries: [{ id: "m1" }, { id: "m2" }],
    });
    expect(JSON.parse((await batch({ what: "retry", delaySeconds: -1 })).text())).toMatchObject({
      threw: expect.stringContaining("delaySeconds") as string,
    });
  });

  test("a function that replaces built-ins does not bend the answer", async () => {
    await instance.load(replaced);
    expect(JSON.parse((await batch({ what: "x" })).text())).toEqual({ acks: ["m0"], retries: [] });
  });

  test.each(["scheduled", "queue"] as const)("without a %s handler the failure says what to export", async (handler) => {
    await instance.load(plain);
    const { failure } = await deliver(handler, { ...SLOT, queue: "q", messages: [] });
    expect(failure).toMatchObject({ code: "FUNCTION_NO_HANDLER", detail: expect.stringContaining(`async ${handler}(`) as string });
  });
});
