import { expect, test } from "vitest";
import { parsePrefix, type NetworkPolicy } from "@zygo/contracts";
import { DNS, type DnsQuestion } from "./dns.ts";
import { Names, portsFor } from "./names.ts";

interface Told {
  code: number;
  addresses: readonly string[];
  ttl: number;
}

function ask(policy: NetworkPolicy, records: { address: string; ttl: number }[] | { code: string }, name = "api.example.com") {
  const told: Told[] = [];
  const [pins, refused]: [unknown[], string[]] = [[], []];
  const question: DnsQuestion = {
    name,
    wantsAddresses: true,
    reply: (code, addresses = [], ttl = 0) => (told.push({ code, addresses, ttl }), Buffer.alloc(0)),
  };
  const lookup = () => (Array.isArray(records) ? Promise.resolve(records) : Promise.reject(Object.assign(new Error("dns"), records)));
  const names = new Names({ lookup, permitted: [parsePrefix("10.1.0.0/16") ?? expect.unreachable()] });
  const pin = (list: readonly unknown[], forMs: number) => (pins.push(...list, forMs), Promise.resolve());
  return names.answer(question, { policy, pin, refused: (what) => refused.push(what) }).then(() => ({ told: told[0], pins, refused }));
}
const at = (...addresses: string[]) => addresses.map((address) => ({ address, ttl: 60 }));

test("the internet's names are told, without pins", async () => {
  expect(await ask("internet", at("93.184.216.34"))).toEqual({
    told: { code: DNS.ok, addresses: ["93.184.216.34"], ttl: 60 },
    pins: [],
    refused: [],
  });
});

test.each(["10.1.2.3", "169.254.169.254", "127.0.0.1", "192.168.0.1", "0.0.0.0", "100.64.0.1"])(
  "a name that points to %s is told without it, and said so",
  async (address) => {
    const { told, refused } = await ask("internet", at(address, "93.184.216.34"));
    expect(told?.addresses).toEqual(["93.184.216.34"]);
    expect(refused).toEqual([`api.example.com, which resolves to ${address}`]);
  },
);

test("a listed name is pinned to its rules' ports for longer than it is told", async () => {
  const policy = { allow: ["api.example.com:443", "*.example.com:8443", "other.example:1"] };
  const { told, pins } = await ask(policy, at("93.184.216.34"));
  expect(told?.ttl).toBe(60);
  expect(pins).toEqual([{ address: "93.184.216.34", port: 443 }, { address: "93.184.216.34", port: 8443 }, 120_000]);
});

test("a listed name may point into a range that the operator permits, and into no other", async () => {
  expect((await ask({ allow: ["api.example.com:1"] }, at("10.1.2.3", "10.2.0.1"))).told?.addresses).toEqual(["10.1.2.3"]);
});

test.each<[string, NetworkPolicy]>([
  ["none", "none"],
  ["another name", { allow: ["example.com:443"] }],
  ["names below another", { allow: ["*.api.example.com:443"] }],
  ["an address", { allow: ["93.184.216.34:443"] }],
])("with a policy of %s the name is refused, and not even looked up", async (_what, policy) => {
  const { told, refused } = await ask(policy, { code: "ELOOKEDUP" });
  expect([told?.code, refused]).toEqual([DNS.refused, ["the name api.example.com"]]);
});

test("how long an answer may be kept is bounded both ways", async () => {
  expect((await ask("internet", [{ address: "1.2.3.4", ttl: 0 }])).told?.ttl).toBe(5);
  expect((await ask("internet", [{ address: "1.2.3.4", ttl: 1e6 }])).told?.ttl).toBe(300);
});

test.each([
  ["ENOTFOUND", DNS.noSuchName],
  ["ENODATA", DNS.ok],
  ["ETIMEOUT", DNS.failed],
])("%s", async (code, expected) => expect((await ask("internet", { code })).told?.code).toBe(expected));

test("a star stands for one label or more, never for none", () => {
  const policy = { allow: ["*.example.com:1"] };
  expect(["a.example.com", "a.b.example.com", "example.com", "evilexample.com"].map((name) => portsFor(name, policy))).toEqual([
    [1],
    [1],
    undefined,
    undefined,
  ]);
});
