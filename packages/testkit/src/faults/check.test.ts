import { expect, test } from "vitest";
import { violations } from "./check.ts";
import type { AcceptedJob, Call, Deed, History } from "./history.ts";

const echo = (id: string, run = `run-${id}`) => ({ id, run, edition: "one" });
const call = (id: string, more: Partial<Call> = {}): Call => ({ id, answers: 1, status: 200, echoed: echo(id), ...more });
const job = (id: string, more: Partial<AcceptedJob> = {}): AcceptedJob => ({
  id,
  location: "/",
  state: "succeeded",
  attempts: 1,
  echoed: echo(id),
  ...more,
});
const ran = (id: string, run = `run-${id}`): Deed[] => [
  { id, run, phase: "start", edition: "one" },
  { id, run, phase: "end", edition: "one" },
];
const history = (more: Partial<History>): History => ({ calls: [], jobs: [], messages: [], witnessed: [], ...more });

test("a clean history breaks nothing", () => {
  expect(violations(history({ calls: [call("a")], jobs: [job("b")], witnessed: [...ran("a"), ...ran("b")] }))).toEqual([]);
});

test("a job may run more than once, and a call that broke off may have run once or not at all", () => {
  const broken = [call("a", { answers: 0, status: 0, echoed: undefined as never }), call("c", { status: 502, code: "WORKER_LOST" })];
  for (const each of broken) delete each.echoed;
  const witnessed = [...ran("a"), ...ran("b", "first").slice(0, 1), ...ran("b")];
  expect(violations(history({ calls: broken, jobs: [job("b")], witnessed }))).toEqual([]);
});

test("a message may run more than once", () => {
  expect(violations(history({ messages: [job("a")], witnessed: [...ran("a", "first"), ...ran("a")] }))).toEqual([]);
});

test.each<[what: string, history: Partial<History>, said: string]>([
  ["an accepted job that nobody knows", { jobs: [job("a", { state: "missing" })] }, "job a was accepted and is missing"],
  ["an accepted job that never ends", { jobs: [job("a", { state: "queued" })] }, "job a was accepted and is queued"],
  ["success without a run", { jobs: [job("a")] }, "job a is told as done by a run that nobody saw end"],
  ["success of a run that did not end", { jobs: [job("a")], witnessed: ran("a").slice(0, 1) }, "job a is told as done"],
  ["another job's answer", { jobs: [job("a", { echoed: echo("b") })], witnessed: ran("a") }, "job a has the answer of b"],
  ["an accepted message that nobody knows", { messages: [job("a", { state: "missing" })] }, "message a was accepted and is missing"],
  ["a message that is told as dealt with", { messages: [job("a")], witnessed: ran("a").slice(0, 1) }, "message a is told as dealt with"],
  ["a call that ran twice", { calls: [call("a")], witnessed: [...ran("a"), ...ran("a", "again")] }, "call a started 2 times"],
  ["a call that was refused and ran", { calls: [call("a", { status: 503, code: "OVERLOADED" })], witnessed: ran("a") }, "but ran"],
  ["a call with another's answer", { calls: [call("a", { echoed: echo("b") })], witnessed: ran("a") }, "call a got the answer of b"],
  ["a call that waits for ever", { calls: [call("a", { late: true })], witnessed: ran("a") }, "call a got no answer in time"],
  ["two answers", { calls: [call("a", { answers: 2 })], witnessed: ran("a") }, "call a was answered 2 times"],
  [
    "one run for two",
    { calls: [call("a"), call("b", { echoed: echo("b", "run-a") })], witnessed: [...ran("a"), ...ran("b", "run-a")] },
    "run-a",
  ],
])("finds %s", (_, given, said) => {
  expect(violations(history(given)).join("\n")).toContain(said);
});
