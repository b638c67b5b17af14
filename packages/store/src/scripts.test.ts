import { expect, test } from "vitest";
import { parseScriptName } from "./scripts.ts";

test("a script's file name says its name and its count of keys", () => {
  expect(parseScriptName("move-alias-2.lua")).toEqual({ name: "moveAlias", keys: 2 });
  expect(parseScriptName("drop-1.lua")).toEqual({ name: "drop", keys: 1 });
});

test.each(["move-alias.lua", "move-alias-2.txt", "Move-2.lua", "-2.lua"])("%s is refused", (file) => {
  expect(() => parseScriptName(file)).toThrow("not a script name");
});
