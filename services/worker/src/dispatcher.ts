import { performance } from "node:perf_hooks";
import { decodeEnvelope, shortVersion, type Envelope, type PrewarmRequest } from "@zygo/contracts";
import { takeable, type TenantBounds } from "@zygo/core";
import type { FunctionLogs } from "./function-logs.ts";
import { GatewayLinks } from "./gateway-links.ts";
import { Group, type GroupHost } from "./group.ts";
import { Invocation } from "./invocation.ts";
import { describeReceipt } from "./receipts/describe-receipt.ts";
import { Usage } from "./inspect/usage.ts";
import type { Log } from "@zygo/service";
import { NO_INSTANCE, receiptOf, type Reckoning } from "./receipts/receipt.ts";
import { RecentReceipts } from "./receipts/recent-receipts.ts";
import { Rooms } from "./rooms.ts";
import type { Starter } from "./starter.ts";
import type { TenantQuotas } from "./tenancy.ts";
import { unavailable, VERDICTS } from "./verdict.ts";
import { readVersion, type VersionSource } from "./versions.ts";

/** Most invocations out of one pop. */
const BATCH = 64;
/** Invocations held at all, for each instance that there may be: those that wait behind their version's own limit included. */
const HELD_PER_INSTANCE = 8;

export interface DispatcherOptions {
  worker: string;
  secret: string;
  maxInstances: number;
  lane: { take(max: number, signal: AbortSignal): Promise<Buffer[]> };
  versions: VersionSource;
  quotas: TenantQuotas;
  starter: Starter;
  logs: FunctionLogs;
  log: Log;
}

interface Held {
  group: Group;
  deadline: NodeJS.Timeout;
}

/** Takes invocations off the queue, for capacity that the worker has, and sees each to its end. */
export class Dispatcher implements GroupHost {
  readonly starter: Starter;
  readonly logs: FunctionLogs;
  readonly rooms: Rooms;
  readonly usage: Usage;
  readonly receipts = new RecentReceipts();
  readonly worker: string;
  readonly #options: DispatcherOptions;
  readonly #links: GatewayLinks;
  readonly #held = new Map<Invocation, Held>();
  #freed = Promise.withResolvers<void>();
  #idle = Promise.withResolvers<void>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.worker = options.worker;
    this.starter = options.starter;
    this.logs = options.logs;
    this.rooms = new Rooms(options.maxInstances, (tenant) => options.quotas.of(tenant));
    this.usage = new Usage(this.rooms);
    this.#links = new GatewayLinks(options, (invocation) => this.#left(invocation), options.log);
  }

  /** Invocations that this worker has taken and not finished. */
  get held(): number {
    return this.#held.size;
  }

  /** Takes until the signal aborts. Resolves then; what was taken goes on. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#freed.resolve(), { once: true });
    while (!signal.aborted) {
      const free = this.#takeable();
      if (free === 0) await this.#untilFreed();
      else for (const bytes of await this.#options.lane.take(free, signal)) this.#accept(bytes);
    }
  }

  /** Work is known to come for a version: makes what it will need. Nothing is done for one that cannot be had, but a line in the log. */
  prewarm({ function: name, version, instances, atMs }: PrewarmRequest): void {
    this.#group(name, version).expect({ instances, atMs });
  }

  /** A version that asks for instances at any rate: its group is there from now on, and keeps them. Idempotent. */
  stand(name: string, digest: string): void {
    this.#group(name, digest);
  }

  /** Resolves when nothing is held any more. */
  async settled(): Promise<void> {
    while (this.#held.size > 0) {
      this.#idle = Promise.withResolvers<void>();
      await this.#idle.promise;
    }
  }

  /** Ends all instances; what they serve, and what waits, is told that the worker stops. */
  close(): void {
    this.rooms.close(VERDICTS.stopping);
    // Failures are written in this turn of the loop; the links end after it.
    setImmediate(() => this.#links.close());
  }

  /* GroupHost */

  makeRoom(wanted: number, asker: Group): number {
    return this.rooms.makeRoom(wanted, asker);
  }

  roomFor(asker: Group): number {
    return this.rooms.roomFor(asker);
  }

  boundsOf(tenant: string): TenantBounds {
    return this.rooms.boundsOf(tenant);
  }

  onChange(group: Group): void {
    this.rooms.changed(group);
    if (this.#takeable() > 0) this.#freed.resolve();
  }

  onRoom(): void {
    this.rooms.freed();
  }

  onSettled(invocation: Invocation, reckoning: Reckoning): void {
    const held = this.#held.get(invocation);
    if (held === undefined) return;
    clearTimeout(held.deadline);
    this.#held.delete(invocation);
    this.logs.ended(invocation);
    this.usage.countInvocation(held.group.name);
    this.#account(invocation, reckoning);
    if (this.#held.size === 0) this.#idle.resolve();
    if (this.#takeable() > 0) this.#freed.resolve();
  }

  #account(invocation: Invocation, reckoning: Reckoning): void {
    const receipt = receiptOf(invocation, reckoning, true);
    this.receipts.add(receipt);
    invocation.tellReceipt(receipt);
    this.#options.log.info("invocation", describeReceipt(receipt, invocation.head.method));
  }

  onFault(error: Error, instance: { function: string; sandbox: number }): void {
    this.#options.log.error("instance ended by a fault of the worker's own", { ...instance, error });
  }

  #takeable(): number {
    const { maxInstances } = this.#options;
    return takeable({
      maxInstances,
      demand: this.rooms.demand,
      held: this.#held.size,
      maxHeld: maxInstances * HELD_PER_INSTANCE,
      batch: BATCH,
    });
  }

  async #untilFreed(): Promise<void> {
    this.#freed = Promise.withResolvers<void>();
    await this.#freed.promise;
  }

  #accept(bytes: Buffer): void {
    try {
      this.#hold(decodeEnvelope(bytes), Date.now());
    } catch (error) {
      this.#options.log.error("envelope dropped", { bytes: bytes.length, error });
    }
  }

  #hold(envelope: Envelope, now: number): void {
    const { head } = envelope;
    const link = this.#links.get(head.gateway);
    const invocation = new Invocation(envelope, link, now);
    link.claim(invocation);
    if (head.deadlineMs <= now) {
      invocation.fail(VERDICTS.deadlineQueued);
      return this.#account(invocation, NO_INSTANCE);
    }
    const deadline = setTimeout(() => this.#expire(invocation), head.deadlineMs - now);
    const group = this.#group(head.function, head.version);
    this.#held.set(invocation, { group, deadline });
    group.enqueue(invocation);
  }

  #group(name: string, digest: string): Group {
    const known = this.rooms.find(name, digest);
    if (known !== undefined) return known;
    const group = new Group(name, digest, this);
    this.rooms.add(group);
    void this.#prepare(group);
    return group;
  }

  async #prepare(group: Group): Promise<void> {
    try {
      await this.#options.quotas.learn(group.tenant);
      group.ready(await readVersion(this.#options.versions, group.name, group.digest));
    } catch (error) {
      this.#options.log.error("version not available", { function: group.name, version: shortVersion(group.digest), error });
      this.rooms.remove(group);
      group.unavailable(unavailable(error));
    }
  }

  #expire(invocation: Invocation): void {
    const held = this.#held.get(invocation);
    if (held === undefined) return;
    if (invocation.seat === undefined) held.group.withdraw(invocation);
    else invocation.seat.holder.overdue(invocation);
  }

  /** The caller went away. What an instance serves goes on until it notices; what waits goes no further. */
  #left(invocation: Invocation): void {
    if (invocation.seat === undefined) this.#held.get(invocation)?.group.withdraw(invocation);
  }

  /** Reaps what is idle for too long, keeps what is to be kept. */
  sweep(): void {
    this.starter.pools.adjust();
    this.starter.templates.sweep();
    this.rooms.sweep(performance.now());
  }
}
