import type { FunctionUse, WorkerUsage } from "@zygo/contracts";
import { groupsOf, type SandboxUsage } from "@zygo/sandbox";
import { readUse } from "./cgroup-view.ts";
import { readNetwork } from "./process-facts.ts";

/** What lives, at the time of the question. */
export interface LiveInstances {
  readonly groups: Iterable<{ name: string; instances: Iterable<LiveInstance> }>;
}
type LiveInstance = Readonly<{ sandboxId: number; pid: number; active: number; gone: boolean }>;

/** Counters of one instance when it was last looked at. */
interface Counters {
  cpuMs: number;
  throttledMs: number;
  receivedBytes: number;
  sentBytes: number;
  diskReadBytes: number;
  diskWriteBytes: number;
}

/** What is known of a function since the worker started. */
interface Account {
  invocations: number;
  /** Of the instances that have ended. */
  ended: Counters;
}

const NOTHING: Counters = { cpuMs: 0, throttledMs: 0, receivedBytes: 0, sentBytes: 0, diskReadBytes: 0, diskWriteBytes: 0 };
/** Functions whose accounts are kept without an instance: those that were used last. */
const MOST_ACCOUNTS = 5_000;

/** Counts what each function uses, over the lives of its instances, so that counters never go back. Reading costs a few files an instance. */
export class Usage {
  readonly #rooms: LiveInstances;
  readonly #accounts = new Map<string, Account>();
  /** By sandbox, until it is destroyed. */
  readonly #seen = new Map<number, Counters>();

  constructor(rooms: LiveInstances) {
    this.#rooms = rooms;
  }

  /** An invocation is over. */
  countInvocation(functionId: string): void {
    this.#account(functionId).invocations++;
  }

  /** An instance serves no more: what was last seen of it is kept. */
  countGone(functionId: string, sandbox: number): void {
    const account = this.#account(functionId);
    account.ended = add(account.ended, this.#seen.get(sandbox) ?? NOTHING);
  }

  /** Its sandbox is destroyed: what the kernel counted beyond that. Undefined: nobody knows. */
  countDestroyed(functionId: string, sandbox: number, used: SandboxUsage | undefined): void {
    const seen = this.#seen.get(sandbox) ?? NOTHING;
    this.#seen.delete(sandbox);
    const account = this.#account(functionId);
    if (used !== undefined) account.ended = add(account.ended, beyond(seen, used));
  }

  async read(): Promise<WorkerUsage> {
    const live = [...this.#rooms.groups].flatMap((group) => [...group.instances].map((instance) => ({ id: group.name, instance })));
    const read = await Promise.all(live.map(async (one) => ({ ...one, memoryBytes: await this.#look(one.instance) })));
    const functions = new Map<string, FunctionUse>();
    for (const [id, { invocations, ended }] of this.#accounts) functions.set(id, { ...empty(id), ...ended, invocations });
    // Those that ended meanwhile are in the accounts.
    for (const { id, instance, memoryBytes } of read.filter((one) => !one.instance.gone)) {
      const sum = functions.get(id) ?? empty(id);
      functions.set(id, {
        ...sum,
        ...add(sum, this.#seen.get(instance.sandboxId) ?? NOTHING),
        instances: sum.instances + 1,
        busy: sum.busy + (instance.active > 0 ? 1 : 0),
        memoryBytes: sum.memoryBytes + memoryBytes,
      });
    }
    return { functions: [...functions.values()] };
  }

  /** Notes the instance's counters. @returns its memory, bytes; 0 of one that has ended */
  async #look(instance: LiveInstance): Promise<number> {
    try {
      const [{ memory, cpu, disk }, { receivedBytes, sentBytes }] = await Promise.all([
        readUse(groupsOf(instance.pid)),
        readNetwork(instance.pid),
      ]);
      if (instance.gone) return 0;
      this.#seen.set(instance.sandboxId, {
        cpuMs: cpu.usedMs ?? 0,
        throttledMs: cpu.throttledMs ?? 0,
        receivedBytes,
        sentBytes,
        diskReadBytes: disk.readBytes,
        diskWriteBytes: disk.writtenBytes,
      });
      return memory.used ?? 0;
    } catch {
      return 0; // it is ending
    }
  }

  #account(id: string): Account {
    const account = this.#accounts.get(id) ?? { invocations: 0, ended: NOTHING };
    // The most recently used last.
    this.#accounts.delete(id);
    this.#accounts.set(id, account);
    if (this.#accounts.size > MOST_ACCOUNTS) this.#accounts.delete(this.#accounts.keys().next().value as string);
    return account;
  }
}

const empty = (id: string): FunctionUse => ({ function: id, instances: 0, busy: 0, memoryBytes: 0, invocations: 0, ...NOTHING });

const add = (one: Counters, other: Counters): Counters => ({
  cpuMs: one.cpuMs + other.cpuMs,
  throttledMs: one.throttledMs + other.throttledMs,
  receivedBytes: one.receivedBytes + other.receivedBytes,
  sentBytes: one.sentBytes + other.sentBytes,
  diskReadBytes: one.diskReadBytes + other.diskReadBytes,
  diskWriteBytes: one.diskWriteBytes + other.diskWriteBytes,
});

/** What a sandbox's end shows that was not seen before it. Its network was counted at the other end of its link: never less than nothing. */
const beyond = (seen: Counters, used: SandboxUsage): Counters => ({
  cpuMs: Math.max(0, used.cpuMs - seen.cpuMs),
  throttledMs: Math.max(0, used.throttledMs - seen.throttledMs),
  receivedBytes: Math.max(0, used.netRxBytes - seen.receivedBytes),
  sentBytes: Math.max(0, used.netTxBytes - seen.sentBytes),
  diskReadBytes: Math.max(0, used.diskReadBytes - seen.diskReadBytes),
  diskWriteBytes: Math.max(0, used.diskWriteBytes - seen.diskWriteBytes),
});
