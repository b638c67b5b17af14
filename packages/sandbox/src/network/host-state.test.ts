import { formatAddress, parsePrefix } from "@zygo/contracts";
import { expect, test } from "vitest";
import { guardedIn, linksIn, readAddresses, readRoutes, taken, uplinks, zygoTables } from "./host-state.ts";

const ROUTES = JSON.stringify([
  { dst: "default", gateway: "45.33.0.1", dev: "eth0", flags: [] },
  { dst: "45.33.0.0/24", dev: "eth0", protocol: "kernel" },
  { type: "local", dst: "45.33.0.2", dev: "eth0", table: "local" },
  { dst: "10.1.0.0/16", via: { host: "10.9.9.9" }, dev: "wg0" },
  { type: "unreachable", dst: "198.51.100.0/24" },
]);

test("routes are read with their devices, the default one among them, and those without a device", () => {
  expect(readRoutes(ROUTES).map(({ device }) => device)).toEqual(["eth0", "eth0", "eth0", "wg0", undefined]);
  expect(readRoutes("")).toEqual([]);
});

test("the default route claims no range; every other route and address does", () => {
  const claimed = taken(readRoutes(ROUTES), readAddresses(JSON.stringify([{ addr_info: [{ local: "172.17.0.1" }, {}] }, {}])));
  expect(claimed.map(({ first }) => formatAddress(first))).toEqual(["45.33.0.0", "45.33.0.2", "10.1.0.0", "198.51.100.0", "172.17.0.1"]);
});

test("uplinks are the default route's device, and those to what the operator permits", () => {
  const routes = readRoutes(ROUTES);
  expect(uplinks(routes, [])).toEqual(["eth0"]);
  expect(uplinks(routes, [parsePrefix("10.1.2.0/24")!])).toEqual(["eth0", "wg0"]);
  expect(uplinks([], [])).toEqual([]);
});

test("loopback is no uplink, nor a device whose name is no word for a rule", () => {
  const to = parsePrefix("10.1.0.0/16")!;
  expect(
    uplinks(
      ["lo", 'a"; flush', "ok"].map((device) => ({ to, device })),
      [to],
    ),
  ).toEqual(["ok"]);
});

test("of nft's and ip's output what counts is found", () => {
  const tables = JSON.stringify({ nftables: [{ metainfo: {} }, { table: { name: "zygo_aa" } }, { table: { name: "filter" } }] });
  expect(zygoTables(tables)).toEqual(["zygo_aa"]);
  expect(guardedIn(JSON.stringify({ nftables: [{ metainfo: {} }, { set: { name: "guarded", elem: ["eth0"] } }] }))).toEqual(["eth0"]);
  expect(guardedIn(JSON.stringify({ nftables: [{ set: { name: "guarded" } }] }))).toEqual([]);
  expect([...linksIn(JSON.stringify([{ ifname: "lo" }, { ifname: "eth0.5", link: "eth0" }]))]).toEqual(["lo", "eth0.5"]);
});
