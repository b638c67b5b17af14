import { expect, test } from "vitest";
import type { NetworkPort, Traffic } from "../ports.ts";
import { IdleWires } from "./idle-wires.ts";
import { Wire } from "./wire.ts";

/** A link whose counts only grow. */
function link() {
  const seen = { now: { rxBytes: 0, txBytes: 0 }, rests: [] as Traffic[], detached: 0, broken: false };
  const port: NetworkPort = {
    address: "100.64.0.2",
    admit: () => Promise.resolve(),
    pin: () => Promise.resolve(),
    traffic: () => Promise.resolve(seen.now),
    rest: (before) => {
      seen.rests.push(before);
      return seen.broken ? Promise.reject(new Error("no router")) : Promise.resolve(seen.now);
    },
    detach: () => Promise.resolve(void seen.detached++),
  };
  const wire = new Wire({ attach: () => Promise.resolve(port) });
  wire.connect({ id: 1, pid: 1 }, { policy: "internet", mbps: 1 });
  return { seen, wire };
}

test("each sandbox that has a wire has its own traffic, and the link forgets between them", async () => {
  const { seen, wire } = link();
  seen.now = { rxBytes: 100, txBytes: 10 };
  expect(await wire.rest()).toEqual({ netRxBytes: 100, netTxBytes: 10 });
  seen.now = { rxBytes: 130, txBytes: 11 };
  expect(await wire.traffic()).toEqual({ netRxBytes: 30, netTxBytes: 1 });
  expect(await wire.rest()).toEqual({ netRxBytes: 30, netTxBytes: 1 });
  expect(seen.rests).toEqual([
    { rxBytes: 0, txBytes: 0 },
    { rxBytes: 100, txBytes: 10 },
  ]);
});

test("what is kept is given out once; what cannot forget, or is too much, or comes too late, ends", async () => {
  const forgotten: number[] = [];
  const idle = new IdleWires((of) => forgotten.push(of));
  const [kept, broken] = [link(), link()];
  broken.seen.broken = true;
  await idle.put({ wire: kept.wire, of: 1 });
  await idle.put({ wire: broken.wire, of: 2 });
  expect([idle.take()?.of, idle.take()]).toEqual([1, undefined]);
  const many = [3, 4, 5, 6, 7].map((of) => ({ ...link(), of }));
  for (const { wire, of } of many) await idle.put({ wire, of });
  expect([idle.wanted, forgotten]).toEqual([false, [2, 7]]);
  idle.close();
  await idle.put({ wire: kept.wire, of: 8 });
  expect([idle.wanted, idle.take(), forgotten]).toEqual([false, undefined, [2, 7, 3, 4, 5, 6, 8]]);
  expect(many.map(({ seen }) => seen.detached)).toEqual([1, 1, 1, 1, 1]);
});
