import { readFileSync } from "node:fs";
import { DEFAULT_LIMITS, FunctionConfig } from "@zygo/contracts";
import { expect, test } from "vitest";
import { deploy } from "./commands/deploy.ts";
import { readOverrides } from "./override-flags.ts";

const TEXT = readFileSync(new URL("../../../docs/limits.md", import.meta.url), "utf8");
/** member, flag, unit, default, least, most */
const ROWS = TEXT.split("\n")
  .filter((line) => /^\| `\w+` \|/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));

const usualOf = (member: string): unknown => DEFAULT_LIMITS[member as keyof typeof DEFAULT_LIMITS];
const allows = (member: string, value: number): boolean => FunctionConfig.safeParse({ [member]: value }).success;

test("docs/limits.md has each member of the config that is a number, and no other", () => {
  const members = Object.keys(FunctionConfig.shape).filter((member) => typeof usualOf(member) === "number");
  expect(ROWS.map(([, member]) => member).sort()).toEqual(members.sort());
});

test.each(ROWS.map((row) => [row[1] ?? "", row] as const))("its row of %s is true", (member, [, , flag = "", , usual, least, most]) => {
  expect(Number(usual)).toBe(usualOf(member));
  const [low, high] = [Number(least), Number(most)];
  const step = allows(member, high - 0.5) ? 1e-6 : 1;
  const edges = [low - step, low, high, high + step].map((value) => allows(member, value));
  expect(edges).toEqual([false, true, true, false]);
  if (flag === "") return;
  expect(deploy.help).toMatch(new RegExp(`${flag} <`));
  const text = member === "timeoutMs" ? "20ms" : "20";
  expect(readOverrides({ [flag.slice(2)]: text })).toEqual({ [member]: 20 });
});

test("a flag that is a number's is in the table", () => {
  const flags = Array.from(deploy.help.matchAll(/(--[a-z-]+) <(?:MiB|MiB\/s|n|cores|time)>/g), ([, flag]) => flag);
  expect(flags.length).toBeGreaterThan(8);
  for (const flag of flags) expect(ROWS.map(([, , listed]) => listed)).toContain(flag);
});
