import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ForkAddon } from "./addon.ts";

/** A moment for what the module began and did not await. */
const PATIENCE_MS = 250;
const LOOK_EVERY_MS = 10;
const HOME = "/app";

/** What a clone would share, or lack, of each kind of handle. Others (timers of Node itself, signal listeners) survive a fork. */
const HANDLES: Readonly<Record<string, string>> = {
  tcp: "a TCP socket or server is open",
  udp: "a UDP socket is open",
  pipe: "a pipe or Unix socket is open",
  process: "a child process is running",
  fs_event: "a file is being watched (fs.watch)",
  fs_poll: "a file is being watched (fs.watchFile)",
  async: "a worker thread or message port is open",
  poll: "a descriptor is being polled",
  tty: "a terminal is open",
};

const { getActiveResourcesInfo } = process;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Whether this process can be forked without harm: a clone has the memory of its template and nothing else of it. Made before a version is
 * loaded; what is there then is the platform's own.
 */
export class ForkClean {
  readonly #addon: ForkAddon;
  readonly #handles: Map<string, number>;
  readonly #descriptors: Set<string>;
  readonly #threads: Set<string>;

  constructor(addon: ForkAddon) {
    this.#addon = addon;
    this.#handles = this.#countHandles();
    this.#descriptors = new Set(descriptors());
    this.#threads = new Set(readdirSync("/proc/self/task"));
  }

  /** Sentences for the function's author; none when it is clean. Waits a moment for work that is about to end. */
  async reasons(): Promise<string[]> {
    let reasons = this.#look();
    for (let waitedMs = 0; reasons.length > 0 && waitedMs < PATIENCE_MS; waitedMs += LOOK_EVERY_MS) {
      await sleep(LOOK_EVERY_MS);
      reasons = this.#look();
    }
    return reasons;
  }

  #look(): string[] {
    const open = this.#openHandles();
    const reasons = [...open, ...this.#openDescriptors(open.length > 0), ...this.#foreignThreads(open.length > 0), ...changedWorld()];
    if (getActiveResourcesInfo().includes("Timeout")) reasons.push("a timer is running (setTimeout or setInterval)");
    if (this.#addon.requests() > 0) reasons.push("work is still under way (file system, DNS, crypto, a connection)");
    return reasons;
  }

  #countHandles(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { type } of this.#addon.handles()) counts.set(type, (counts.get(type) ?? 0) + 1);
    return counts;
  }

  #openHandles(): string[] {
    const now = this.#countHandles();
    // The worker's channel came after the count at birth.
    now.set("pipe", (now.get("pipe") ?? 0) - 1);
    return Object.entries(HANDLES).flatMap(([type, reason]) => ((now.get(type) ?? 0) > (this.#handles.get(type) ?? 0) ? [reason] : []));
  }

  /** A socket's descriptor is told of as the handle that it belongs to. */
  #openDescriptors(explained: boolean): string[] {
    const foreign = descriptors().filter((entry) => !this.#descriptors.has(entry));
    return foreign.flatMap((entry) => {
      const target = entry.slice(entry.indexOf(" ") + 1);
      if (target.startsWith("/")) return [`a file is open (${target})`];
      return explained ? [] : [`a descriptor is open (${target.replace(/:\[\d+\]$/, "")})`];
    });
  }

  /** Idle threads of libuv's pool do no harm: a child makes itself others. */
  #foreignThreads(explained: boolean): string[] {
    if (explained) return [];
    const foreign = readdirSync("/proc/self/task").filter((thread) => !this.#threads.has(thread) && !isPoolThread(thread));
    return foreign.length > 0 ? ["native code has started a thread"] : [];
  }
}

/** "<number> <what it is>". One that vanishes meanwhile, such as that of the listing itself, is left out. */
function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      return [];
    }
  });
}

function isPoolThread(thread: string): boolean {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, "utf8").trim() === "libuv-worker";
  } catch {
    return true; // it has ended
  }
}

/** What an instance finds as if the module had not run: it has a /tmp, processes and a working directory of its own. */
function changedWorld(): string[] {
  const reasons: string[] = [];
  if (readdirSync("/tmp").length > 0) reasons.push("files were written to /tmp, which each instance has anew");
  if (process.cwd() !== HOME) reasons.push("the working directory was changed");
  const others = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  if (others.length > 0) reasons.push(HANDLES["process"]!);
  return [...new Set(reasons)];
}
