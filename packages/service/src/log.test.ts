import { expect, test } from "vitest";
import { createLog } from "./log.ts";

test("one JSON line an event, below the level none; an Error shows its cause", () => {
  let text = "";
  const log = createLog({ service: "gateway", level: "info", sink: { write: (more) => (text += more), flush: () => {} } });
  log.debug("unseen");
  log.info("first", { a: 1 });
  log.error("second", { error: new Error("outer", { cause: new Error("inner") }) });
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([
    { level: "info", service: "gateway", msg: "first", a: 1 },
    { level: "error", msg: "second", error: { message: "outer", cause: { message: "inner" } } },
  ]);
});

test("a line that cannot be rendered does not throw", () => {
  let text = "";
  const log = createLog({ service: "gateway", level: "info", sink: { write: (more) => (text += more), flush: () => {} } });
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  log.warn("circle", circle);
  expect(JSON.parse(text)).toMatchObject({ msg: "circle", fields: "not renderable" });
});
