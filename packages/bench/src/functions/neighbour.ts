/** A bad neighbour: `?does=<what>&forMs=<ms>`. What it hits on the way, its own limits, is what it is for. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";

export const config = { timeoutMs: 60_000, memoryMb: 128, maxInstances: 1 };

const LINE = "x".repeat(8_000);
const BLOCK = Buffer.alloc(4 << 20, 1);

const DEEDS: Record<string, () => unknown> = {
  spin: () => undefined,
  allocate: () => Buffer.alloc(48 << 20, 1).at(-1),
  fork: async () => {
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, ["--version"], { stdio: "ignore" }));
    await Promise.all(children.map((child) => Promise.race([once(child, "close"), once(child, "error")])));
  },
  print: () => console.log(LINE),
  "fill /tmp": () => {
    try {
      for (let file = 0; ; file++) writeFileSync(`/tmp/${file % 100}`, BLOCK);
    } catch {
      for (let file = 0; file < 100; file++) rmSync(`/tmp/${file}`, { force: true });
    }
  },
};

export default async (request: Request): Promise<Response> => {
  const { searchParams } = new URL(request.url);
  const deed = DEEDS[searchParams.get("does") ?? ""];
  if (deed === undefined) return new Response("no such deed\n", { status: 400 });
  const end = Date.now() + Math.min(30_000, Number(searchParams.get("forMs")));
  let times = 0;
  for (; Date.now() < end; times++) {
    await deed();
    // The instance answers its worker now and then; a spin is busy nonetheless.
    if (times % 1000 === 0) await turn();
  }
  return new Response(`${times}\n`);
};
