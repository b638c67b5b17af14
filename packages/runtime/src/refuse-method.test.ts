import { FnError, toProblem } from "@zygo/contracts";
import { expect, test } from "vitest";
import { refuseMethod } from "./refuse-method.ts";

test("the refusal is the problem document of the error table", async () => {
  const response = refuseMethod("PUT", ["GET", "HEAD"], "req_1");
  const detail = "PUT is not handled; allowed are GET, HEAD";
  expect(await response.json()).toEqual(toProblem(new FnError("METHOD_NOT_ALLOWED", detail), "req_1"));
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});
