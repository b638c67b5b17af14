import { expect, test } from "vitest";
import { NameQueue } from "./name-queue.ts";

test("work of one name runs in order, one at a time; another name does not wait for it", async () => {
  const queue = new NameQueue();
  const events: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = queue.run("a", async () => {
    events.push("a1 starts");
    await gate.promise;
    events.push("a1 ends");
  });
  const second = queue.run("a", async () => void events.push("a2"));
  await queue.run("b", async () => void events.push("b"));
  gate.resolve();
  await Promise.all([first, second]);
  expect(events).toEqual(["a1 starts", "b", "a1 ends", "a2"]);
});

test("a failure is its own caller's alone", async () => {
  const queue = new NameQueue();
  const failing = queue.run("a", async () => Promise.reject(new Error("no")));
  const next = queue.run("a", async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
});

test("nine may be there; the tenth is refused, and later ones are taken again", async () => {
  const queue = new NameQueue();
  const gate = Promise.withResolvers<void>();
  const taken = Array.from({ length: 9 }, () => queue.run("a", () => gate.promise));
  await expect(queue.run("a", () => gate.promise)).rejects.toMatchObject({ code: "CONFLICT" });
  gate.resolve();
  await Promise.all(taken);
  expect(await queue.run("a", async () => 1)).toBe(1);
});
