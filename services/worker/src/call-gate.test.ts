import { Socket } from "node:net";
import { expect, test } from "vitest";
import { CallGate } from "./call-gate.ts";

test("one request after the other passes", () => {
  const gate = new CallGate();
  const socket = new Socket();
  expect(gate.admit(socket, 0)).toBe(true);
  for (let at = 0; at < 1_000; at++) {
    expect(gate.begin(socket, at)).toBe(true);
    gate.end(socket);
  }
  expect(socket.destroyed).toBe(false);
});

test("a sandbox that pipelines loses all its connections, and gets no new ones for a second", () => {
  const gate = new CallGate();
  const [pipelining, other] = [new Socket(), new Socket()];
  for (const socket of [pipelining, other]) gate.admit(socket, 0);
  const passed = Array.from({ length: 100 }, () => gate.begin(pipelining, 0)).filter(Boolean);
  expect(passed).toHaveLength(8);
  expect([pipelining.destroyed, other.destroyed]).toEqual([true, true]);
  expect(gate.admit(new Socket(), 999)).toBe(false);
  expect(gate.admit(new Socket(), 1_000)).toBe(true);
});

test("so does one that calls without end", () => {
  const gate = new CallGate();
  const sockets = Array.from({ length: 100 }, () => new Socket());
  for (const socket of sockets) gate.admit(socket, 0);
  let passed = 0;
  for (let round = 0; round < 20; round++) {
    for (const socket of sockets) {
      if (!gate.begin(socket, 0)) continue;
      passed++;
      gate.end(socket);
    }
  }
  expect(passed).toBe(500);
  expect(sockets.every(({ destroyed }) => destroyed)).toBe(true);
});
