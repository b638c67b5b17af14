import { performance } from "node:perf_hooks";
import { asFnError } from "@zygo/contracts";
import { tenantOf } from "@zygo/contracts/names";
import {
  expectation,
  floorOf,
  idlePolicy,
  instanceBound,
  instanceDemand,
  reapable,
  refillDelayMs,
  startsForFloor,
  startsNeeded,
  type Expectation,
  type TenantBounds,
  type VersionLoad,
} from "@zygo/core";
import { Instance } from "./instance.ts";
import type { Forked } from "./forked.ts";
import { LOAD_LIMIT_MS } from "./load.ts";
import type { Invocation } from "./invocation.ts";
import type { FunctionLogs } from "./function-logs.ts";
import { NO_INSTANCE, type Reckoning } from "./receipts/receipt.ts";
import type { PeerFailure, PeerLog } from "./peer.ts";
import type { Usage } from "./inspect/usage.ts";
import { redactLog, redactStart } from "./redact.ts";
import type { Starter } from "./starter.ts";
import { VERDICTS, type Verdict } from "./verdict.ts";
import { lifetimeOf, type ReadyVersion } from "./versions.ts";

/** What a group needs of the worker around it. */
export interface GroupHost {
  /** Of the worker. */
  worker: string;
  starter: Starter;
  logs: FunctionLogs;
  usage: Usage;
  /** Makes room for up to `wanted` instances more, by ending others' idle ones if need be. @returns for how many there is room. */
  makeRoom(wanted: number, asker: Group): number;
  /** For how many instances more of this group there is room as it is. */
  roomFor(asker: Group): number;
  boundsOf(tenant: string): TenantBounds;
  /** Demand changed. */
  onChange(group: Group): void;
  /** An instance became idle or ended: another version's waiters may have room now. */
  onRoom(): void;
  onSettled(invocation: Invocation, reckoning: Reckoning): void;
  /** The worker failed at a frame of an instance's. */
  onFault(error: Error, instance: { function: string; sandbox: number }): void;
}

/** All that this worker does for one version: who waits, who serves, what is starting. */
export class Group {
  /** The function's id. */
  readonly name: string;
  readonly tenant: string;
  readonly digest: string;
  /** No alias points to the version any more. */
  retired = false;
  demand = 0;
  lastUsedAt = performance.now();
  readonly #host: GroupHost;
  #version: ReadyVersion | undefined;
  readonly #waiters = new Set<Invocation>();
  readonly #instances = new Set<Instance>();
  /** Instances that can take one more, the most recently used last. */
  readonly #available: Instance[] = [];
  /** What is known to come. */
  #expected: Expectation[] = [];
  /** Starts in a row that failed with nobody waiting, and when to try again. */
  #vain = { failures: 0, retryAt: 0 };
  #starting = 0;
  #active = 0;

  constructor(name: string, digest: string, host: GroupHost) {
    this.name = name;
    this.tenant = tenantOf(name);
    this.digest = digest;
    this.#host = host;
  }

  get worker(): string {
    return this.#host.worker;
  }

  /** MiB of an instance; 0 before the version is here, and then there is none. */
  get memoryMb(): number {
    return this.#version?.record.limits.memoryMb ?? 0;
  }

  get size(): number {
    return this.#instances.size + this.#starting;
  }

  get starting(): number {
    return this.#starting;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  get instances(): ReadonlySet<Instance> {
    return this.#instances;
  }

  get unused(): boolean {
    return this.size === 0 && this.#waiters.size === 0 && this.#floor() === 0 && this.#expected.length === 0;
  }

  /** So many instances will be needed at the same time, at `atMs` (Unix milliseconds) or now: they are made ahead of it, room permitting. */
  expect(given: { instances: number; atMs?: number | undefined }): void {
    this.#expected.push(expectation(given, Date.now()));
    this.pump();
  }

  /** The version is here: what waits for it can go on. */
  ready(version: ReadyVersion): void {
    this.#version = version;
    this.pump();
  }

  /** Its version has secrets, whose values may change. */
  get asksForSecrets(): boolean {
    return (this.#version?.record.limits.secrets.length ?? 0) > 0;
  }

  /** The version as it is read now: if that differs, what was loaded before ends with what it serves, and what comes gets new instances. */
  renew(version: ReadyVersion): void {
    if (this.#version === undefined || this.#version.loadFrame.equals(version.loadFrame)) return;
    this.#version = version;
    this.#available.length = 0;
    for (const instance of [...this.#instances]) instance.retire();
    this.pump();
  }

  /** The version cannot be had: all that waits for it fails. */
  unavailable(verdict: Verdict): void {
    for (const invocation of [...this.#waiters]) this.#failWaiter(invocation, verdict);
  }

  enqueue(invocation: Invocation): void {
    this.lastUsedAt = performance.now();
    this.#waiters.add(invocation);
    this.pump();
  }

  /** Its deadline has come, or its caller has left: nothing waits for it any more. */
  withdraw(invocation: Invocation): void {
    if (!this.#waiters.has(invocation)) return;
    this.#failWaiter(invocation, this.#starting > 0 || this.#version === undefined ? VERDICTS.deadlineLoading : VERDICTS.deadlineWaiting);
  }

  /** Gives waiters to what can serve them, and starts what is missing. */
  pump(): void {
    const version = this.#version;
    if (version === undefined) return this.#changed();
    for (const invocation of this.#waiters) {
      const instance = this.#available.at(-1);
      if (instance === undefined) break;
      this.#waiters.delete(invocation);
      this.#give(invocation, instance);
    }
    if (this.#waiters.size > 0) this.#startMissing(version);
    this.#startFloor(version);
    this.#changed();
  }

  /** Starts what the floor lacks, ends idle instances that have outlived their use. */
  tend(now: number): void {
    this.#expected = this.#expected.filter(({ untilMs }) => untilMs > Date.now());
    if (this.#version !== undefined) this.#startFloor(this.#version);
    this.reap(now);
  }

  reap(now: number): void {
    if (this.#version === undefined || this.#available.length === 0) return;
    const idle = this.#available.filter((instance) => instance.active === 0);
    const policy = idlePolicy({ ...this.#version.record.limits, floor: this.#floor() }, this.retired);
    const count = reapable(
      idle.map((instance) => now - instance.lastUsedAt),
      { ...policy, instances: this.#instances.size },
    );
    for (const instance of idle.slice(0, count)) instance.end(VERDICTS.idle);
  }

  /** The idle instance that was used least recently; undefined when none is idle. */
  oldestIdle(): Instance | undefined {
    return this.#available.find((instance) => instance.active === 0);
  }

  /** Ends everything; for the end of the worker. */
  endAll(verdict: Verdict): void {
    this.retired = true;
    for (const invocation of [...this.#waiters]) this.#failWaiter(invocation, verdict);
    for (const instance of [...this.#instances]) instance.end(verdict);
  }

  /* InstanceOwner */

  onFree(instance: Instance): void {
    this.#active--;
    if (instance.spent) {
      if (instance.active === 0) instance.end(VERDICTS.idle);
    } else if (!this.#available.includes(instance)) this.#available.push(instance);
    this.pump();
    if (this.#version?.record.limits.idleTimeoutMs === 0) this.reap(performance.now());
    this.#host.onRoom();
  }

  onGone(instance: Instance): void {
    this.#active -= instance.active;
    this.#host.usage.countGone(this.name, instance.sandboxId);
    this.#instances.delete(instance);
    const at = this.#available.indexOf(instance);
    if (at >= 0) this.#available.splice(at, 1);
    // Not before the caller that is about to be told has been: whoever waits comes after.
    queueMicrotask(() => {
      this.pump();
      this.#host.onRoom();
    });
  }

  onSettled(invocation: Invocation, reckoning: Reckoning): void {
    this.#host.onSettled(invocation, reckoning);
  }

  onLog(line: PeerLog, invocation: Invocation | undefined): void {
    this.#host.logs.add(this.name, this.digest, line, invocation?.head.requestId);
  }

  onFailure(failure: PeerFailure, invocation: Invocation): void {
    this.#host.logs.failure(this.name, this.digest, failure, invocation.head.requestId);
  }

  onFault(error: Error, { sandboxId }: Instance): void {
    this.#host.onFault(error, { function: this.name, sandbox: sandboxId });
  }

  discard(forked: Forked): void {
    void this.#host.starter.discard(forked).then((used) => this.#host.usage.countDestroyed(this.name, forked.sandbox.id, used));
  }

  #give(invocation: Invocation, instance: Instance): void {
    this.#active++;
    instance.serve(invocation);
    // It may be gone already: one that does not read ends as it is given more.
    const at = instance.free ? -1 : this.#available.lastIndexOf(instance);
    if (at >= 0) this.#available.splice(at, 1);
  }

  #startMissing(version: ReadyVersion): void {
    const load = this.#load(version);
    const needed = startsNeeded(load, Number.POSITIVE_INFINITY);
    if (needed === 0) return;
    const room = Math.min(needed, this.#host.makeRoom(needed, this));
    // The oldest waiters have a start each already; whose start it is decides how long it may take, not whom it serves.
    const uncovered = [...this.#waiters].slice(load.starting * load.concurrency);
    for (let count = 0; count < room; count++) {
      const waiter = uncovered[count * load.concurrency];
      if (waiter !== undefined) void this.#start(version, waiter);
    }
  }

  /** `minInstances` and what is expected: kept whether or not anybody waits, but nobody's idle instance ends for it. */
  #startFloor(version: ReadyVersion): void {
    if (performance.now() < this.#vain.retryAt) return;
    const missing = startsForFloor(this.#load(version), this.#host.roomFor(this));
    for (let count = 0; count < missing; count++) void this.#startAhead(version);
  }

  async #startAhead(version: ReadyVersion): Promise<void> {
    this.#starting++;
    try {
      const onLog = (line: PeerLog) => this.#host.logs.add(this.name, this.digest, redactLog(version.redact, line), undefined);
      const started = await this.#host.starter.start(version, { limitMs: LOAD_LIMIT_MS, onLog });
      this.#starting--;
      if (version !== this.#version) return this.#startOver(started.forked);
      this.#vain = { failures: 0, retryAt: 0 };
      this.#welcome(new Instance({ ...started, ahead: true }, version, this));
    } catch (error) {
      this.#starting--;
      const failures = this.#vain.failures + 1;
      this.#vain = { failures, retryAt: performance.now() + refillDelayMs(failures) };
      this.#host.logs.startFailure(this.name, this.digest, redactStart(version.redact, asFnError(error)), null);
    }
    this.pump();
  }

  #floor(): number {
    if (this.retired) return 0;
    return floorOf(this.#version?.record.limits.minInstances ?? 0, this.#expected, Date.now());
  }

  async #start(version: ReadyVersion, waiter: Invocation): Promise<void> {
    this.#starting++;
    const { requestId, deadlineMs } = waiter.head;
    try {
      const onLog = (line: PeerLog) => this.#host.logs.add(this.name, this.digest, redactLog(version.redact, line), requestId);
      const started = await this.#host.starter.start(version, { limitMs: deadlineMs - Date.now(), onLog });
      this.#starting--;
      // What it has loaded is not the version's any more.
      if (version !== this.#version) return this.#startOver(started.forked);
      this.#host.logs.started(this.name, this.digest, started, requestId);
      this.#welcome(new Instance(started, version, this));
    } catch (error) {
      this.#starting--;
      this.#startFailed(error, waiter, version);
    }
    this.pump();
  }

  #startOver(stale: Forked): void {
    this.discard(stale);
    this.pump();
  }

  #welcome(instance: Instance): void {
    this.#instances.add(instance);
    this.#available.push(instance);
    instance.open();
  }

  /** One start fails one waiter, so that a version that cannot load is not started over and over for the same ones. */
  #startFailed(error: unknown, waiter: Invocation, { redact }: ReadyVersion): void {
    const failure = redactStart(redact, asFnError(error));
    this.#host.logs.startFailure(this.name, this.digest, failure, waiter.head.requestId);
    const expired = Date.now() >= waiter.head.deadlineMs;
    const victim = this.#waiters.has(waiter) ? waiter : expired ? undefined : this.#waiters.values().next().value;
    if (victim !== undefined) this.#failWaiter(victim, { code: failure.code, detail: failure.message });
  }

  #failWaiter(invocation: Invocation, verdict: Verdict): void {
    this.#waiters.delete(invocation);
    invocation.fail(verdict);
    this.#host.onSettled(invocation, NO_INSTANCE);
    this.#changed();
  }

  #load(version: ReadyVersion): VersionLoad {
    const { reuse } = version.record.limits;
    const maxInstances = instanceBound(version.record.limits, this.#host.boundsOf(this.tenant));
    // An instance that serves fewer in its life cannot serve more at a time.
    const concurrency = Math.min(version.record.limits.concurrency, lifetimeOf(reuse));
    return {
      waiting: this.#waiters.size,
      active: this.#active,
      instances: this.#instances.size,
      starting: this.#starting,
      concurrency,
      maxInstances,
      floor: this.#floor(),
    };
  }

  #changed(): void {
    const waiting = this.#waiters.size;
    this.demand = this.#version === undefined ? waiting : instanceDemand(this.#load(this.#version));
    this.#host.onChange(this);
  }
}
