/** The other half of hostile.int.test.ts: with a control taken away the same attack goes further, so it was the control that held it. */
import { beforeAll, expect, test } from "vitest";
import { HOSTILE_CASES } from "./hostile/all-cases.ts";
import type { Control, HostileCase } from "./hostile/case.ts";
import type { ControlResult } from "./hostile/control-runner.ts";
import { runControls } from "./hostile/controls.ts";

type Proven = HostileCase & { control: Extract<Control, { without: readonly string[] }> };
const PROVEN = HOSTILE_CASES.filter((each): each is Proven => !("none" in each.control));

let got: ControlResult;
beforeAll(async () => {
  got = await runControls();
}, 420_000);

test.each(PROVEN)("$id: $title, without $control.without", ({ id, held, control }) => {
  if (control.gives !== undefined) return expect(got[id]).toBe(control.gives);
  expect("outcome" in held ? [held.outcome].flat() : []).not.toContain(got[id]);
  expect(got[id]).not.toMatch(/^ended/);
});
