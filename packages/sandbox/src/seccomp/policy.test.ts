import { describe, expect, it } from "vitest";
import { EMPTY } from "../../test/seccomp/arbitrary-policy.ts";
import { PolicyName, readPolicyFile } from "./load.ts";
import { type Policy, PolicyError, resolvePolicy, withDenials } from "./policy.ts";
import { PolicyFile } from "./schema.ts";
import { syscallNumbers } from "./syscalls.ts";

const ALLOW = { syscalls: ["read"], action: "allow", reason: "test" };
const resolve = (...rules: object[]): Policy => resolvePolicy(PolicyFile.parse({ ...EMPTY, constants: { SEVEN: 7 }, rules }));
const withArg = (arg: object): Policy => resolve({ ...ALLOW, args: [arg] }, ALLOW);

describe("a policy file", () => {
  it.each(PolicyName.options)("%s resolves", (name) => {
    expect(resolvePolicy(readPolicyFile(name)).name).toBe(name);
  });

  it("instance decides every call that the tables know, by name", () => {
    const named = new Set(readPolicyFile("instance").rules.flatMap((rule) => rule.syscalls));
    const known = [...syscallNumbers("x64").keys(), ...syscallNumbers("arm64").keys()];
    expect(known.filter((name) => !named.has(name))).toEqual([]);
  });

  it("names a value by its constants, or-ed", () => {
    expect(withArg({ index: 0, op: "eq", value: "SEVEN|0x10" }).rules[0]?.tests[0]?.values).toEqual([23n]);
  });

  it.each([
    ["a name that is no call", () => resolve({ ...ALLOW, syscalls: ["raed"] })],
    ["an unknown constant", () => withArg({ index: 0, op: "eq", value: "EIGHT" })],
    ["a value outside its mask", () => withArg({ index: 0, op: "masked_eq", mask: 6, value: 1 })],
    ["an empty mask", () => withArg({ index: 0, op: "masked_ne", mask: 0, value: 0 })],
    ["a value wider than the argument", () => withArg({ index: 0, op: "eq", value: "0x100000000" })],
    ["a mask wider than the argument", () => withArg({ index: 0, op: "masked_eq", mask: "0x100000000", value: 0 })],
    ["a call whose cases are not all decided", () => resolve({ ...ALLOW, args: [{ index: 0, op: "eq", value: 1 }] })],
    ["a rule that is never reached", () => resolve(ALLOW, ALLOW)],
  ])("with %s is refused", (_what, make) => {
    expect(make).toThrow(PolicyError);
  });

  it.each([
    ["an unknown member", { ...ALLOW, arg: [] }],
    ["no reason", { syscalls: ["read"], action: "allow" }],
    ["an errno for allow", { ...ALLOW, errno: "EPERM" }],
    ["an errno that the table lacks", { ...ALLOW, action: "errno", errno: "EFOO" }],
    ["a mask for eq", { ...ALLOW, args: [{ index: 0, op: "eq", value: 1, mask: 1 }] }],
    ["a seventh argument", { ...ALLOW, args: [{ index: 6, op: "eq", value: 1 }] }],
  ])("with %s is no policy", (_what, rule) => {
    expect(PolicyFile.safeParse({ ...EMPTY, rules: [rule] }).success).toBe(false);
  });
});

describe("withDenials", () => {
  const policy = resolvePolicy(readPolicyFile("instance"));

  it("refuses the calls before any other rule", () => {
    expect(withDenials(policy, ["splice", "tee"]).rules[0]).toEqual({
      syscalls: ["splice", "tee"],
      tests: [],
      verdict: { action: "errno", errno: "ENOSYS" },
    });
  });

  it("keeps the answer of a call that is refused anyway", () => {
    expect(withDenials(policy, ["ptrace", "clone3"])).toBe(policy);
    expect(withDenials(policy, ["ptrace", "socket"]).rules[0]?.syscalls).toEqual(["socket"]);
  });

  it("leaves the given policy as it was, and gives it back when there is nothing to deny", () => {
    withDenials(policy, ["splice"]);
    expect(policy).toEqual(resolvePolicy(readPolicyFile("instance")));
    expect(withDenials(policy, [])).toBe(policy);
  });

  it("throws on a name that is no call", () => {
    expect(() => withDenials(policy, ["splice", "spilce"])).toThrow(PolicyError);
  });
});
