import { parsePrefix } from "@zygo/contracts";
import { expect, test } from "vitest";
import { inListed, inOnline, ofPort, pinned, ranged, removed } from "./elements.ts";

test("an address is its four bytes", () => {
  expect(inOnline("100.64.0.2")).toMatchObject({ set: "online", key: "64400002" });
  expect(inListed("255.1.2.3")).toMatchObject({ set: "listed", key: "ff010203" });
});

test("a port's key is its name, filled up to what the kernel takes for one, and its address", () => {
  expect(ofPort("s7", "100.64.0.2").key).toBe(`7337${"00".repeat(14)}64400002`);
});

test("a pin is for TCP and UDP, one address and port, each part in words of four bytes", () => {
  const elements = pinned("100.64.0.2", { address: "93.184.216.34", port: 443 }, 5_000);
  expect(elements.map(({ key }) => key)).toEqual(["644000025db8d8220600000001bb0000", "644000025db8d8221100000001bb0000"]);
  expect(elements.every(({ timeoutMs }) => timeoutMs === 5_000)).toBe(true);
});

test("a range ends with its last address, at one and the same port", () => {
  const [tcp] = ranged("100.64.0.2", { range: parsePrefix("10.1.0.0/16")!, port: 5432 });
  expect(tcp).toMatchObject({ key: "644000020a010000060000001538" + "0000", keyEnd: "644000020a01ffff0600000015380000" });
});

test("what is removed has the key that it was added with", () => {
  const added = [inOnline("100.64.0.2"), ofPort("s7", "100.64.0.2")];
  expect(removed(added)).toEqual(added.map((element) => ({ ...element, remove: true })));
});
