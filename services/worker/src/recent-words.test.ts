import { expect, test } from "vitest";
import { RecentWords } from "./recent-words.ts";

test("the same is said again after a while, others at once, and not without end", () => {
  const said: string[] = [];
  const words = new RecentWords((each) => said.push(each));
  for (const at of [0, 1, 9_999, 10_000]) words.say("a", at);
  words.say("b", 10_001);
  expect(said).toEqual(["a", "a", "b"]);
  for (let index = 0; index < 1_000; index++) words.say(String(index), 10_002);
  expect(said.length).toBeLessThan(60);
});
