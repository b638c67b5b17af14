import { expect, test } from "vitest";
import { AliasName, Env, FunctionConfig, FunctionId, FunctionName, TenantName } from "./config.ts";
import { functionId, localName, tenantOf } from "./names.ts";

test.each(["a", "hello", "a1-b", "a".repeat(63)])("%s is a function's name", (name) => {
  expect(FunctionName.safeParse(name).success).toBe(true);
});

test.each(["", "1a", "-a", "a-", "A", "a_b", "a.b", "a/b", "../a", "a b", "a\n", "a\0", "ä", "a".repeat(64)])("%j is not", (name) => {
  expect(FunctionName.safeParse(name).success).toBe(false);
});

test.each([
  ["default", "hello", "hello"],
  ["acme", "hello", "acme.hello"],
  ["a", "default", "a.default"],
])("of tenant %s, the function %s is %s", (tenant, name, id) => {
  expect(functionId(tenant, name)).toBe(id);
  expect([tenantOf(id), localName(id)]).toEqual([tenant, name]);
  expect(FunctionId.parse(id)).toBe(id);
});

test.each(["default.hello", "a.b.c", ".a", "a.", "a..b", "A.b", "a.b/c", "a.-b"])("%j is no function's id", (id) => {
  expect(FunctionId.safeParse(id).success).toBe(false);
  expect(TenantName.safeParse(id).success).toBe(false);
});

test("no alias could be a version", () => {
  expect(AliasName.safeParse("decade").success).toBe(false);
  expect(AliasName.safeParse("fade12345678").success).toBe(false);
  expect(AliasName.safeParse("beef").success).toBe(true);
  expect(AliasName.safeParse("decades").success).toBe(true);
  expect(AliasName.safeParse("f".repeat(63) + "-").success).toBe(false);
});

test.each(["FN_URL", "LD_PRELOAD", "NODE_OPTIONS", "1A", "A=B", "A\0", ""])("a function may not set %j", (name) => {
  expect(Env.safeParse({ [name]: "x" }).success).toBe(false);
});

test("a config names the member that is wrong", () => {
  const { error } = FunctionConfig.safeParse({ memoryMb: "lots", memory: 128 });
  expect(error?.issues.map((issue) => [issue.code, issue.path])).toEqual([
    ["invalid_type", ["memoryMb"]],
    ["unrecognized_keys", []],
  ]);
});
