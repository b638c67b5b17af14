import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { SocketShares } from "./socket-shares.ts";

const sockets = (count: number) => Array.from({ length: count }, () => new EventEmitter());

test("a function that holds its share is refused more, and others are not", () => {
  const shares = new SocketShares({ each: 3, all: 10 });
  expect(sockets(5).map((socket) => shares.take("greedy", socket as never))).toEqual([true, true, true, false, false]);
  expect(shares.take("modest", new EventEmitter() as never)).toBe(true);
});

test("a connection that closes makes room, once, and one that was refused does not", () => {
  const shares = new SocketShares({ each: 1, all: 10 });
  const [first, second, third, fourth] = sockets(4);
  expect([shares.take("f", first as never), shares.take("f", second as never)]).toEqual([true, false]);
  second?.emit("close");
  expect(shares.take("f", third as never)).toBe(false);
  first?.emit("close");
  first?.emit("close");
  expect([shares.take("f", third as never), shares.take("f", fourth as never)]).toEqual([true, false]);
});

test("all together have a bound too", () => {
  const shares = new SocketShares({ each: 2, all: 3 });
  const [a, b, c, d] = sockets(4);
  expect(["f", "f", "g", "h"].map((name, at) => shares.take(name, [a, b, c, d][at] as never))).toEqual([true, true, true, false]);
});
