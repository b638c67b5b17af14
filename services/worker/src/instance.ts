import { performance } from "node:perf_hooks";
import { FrameError, FrameType, type Frame } from "@zygo/contracts/frames";
import type { StartKind } from "@zygo/contracts/names";
import { classifyDeath, learnCause } from "./death.ts";
import type { Forked } from "./forked.ts";
import { sandboxBacklogBytes, type FrameHandler } from "./frame-link.ts";
import type { Invocation } from "./invocation.ts";
import { parsePeer, parsePeerHead, parseWindow, PeerDone, PeerFailure, PeerLog, PeerResponse } from "./peer.ts";
import { redactFailure, redactLog } from "./redact.ts";
import { Account, BEFORE, usedBetween } from "./receipts/account.ts";
import type { Reckoning } from "./receipts/receipt.ts";
import type { Started } from "./starter.ts";
import { VERDICTS, type Verdict } from "./verdict.ts";
import { lifetimeOf, type ReadyVersion } from "./versions.ts";

/** Those who want to know of an instance. */
export interface InstanceOwner {
  /** Of the worker: names the instance in receipts. */
  readonly worker: string;
  /** It has a stream more to give than before, or has reached the end of its life. */
  onFree(instance: Instance): void;
  /** Once: it serves no more. Its invocations may still learn why. */
  onGone(instance: Instance): void;
  /** An invocation is over in every respect: its caller was told, its instance is rid of it. */
  onSettled(invocation: Invocation, reckoning: Reckoning): void;
  onLog(line: PeerLog, invocation: Invocation | undefined): void;
  onFailure(failure: PeerFailure, invocation: Invocation): void;
  /** The worker itself failed at a frame of the instance's, which is ended for it. */
  onFault(error: Error, instance: Instance): void;
  /** The sandbox and all in it are to be destroyed. */
  discard(forked: Forked): void;
}

/** For how long an instance with other invocations may go on after one overran its deadline and was cancelled, milliseconds. */
const CANCEL_GRACE_MS = 100;

/** What the log frames of an invocation, and those beside it, may come to: more than the runtime ever lets through. */
const LOG_BYTES = 1.5 * 1024 * 1024;
/** What a log frame counts for beside its payload, so that many tiny ones are no way around. */
const LOG_FRAME_BYTES = 64;

/** A process that has loaded a version and serves its invocations, `concurrency` at a time. See README for its states. */
export class Instance implements FrameHandler {
  readonly kind: StartKind;
  readonly bornMs = Date.now();
  lastUsedAt = performance.now();
  readonly #forked: Forked;
  readonly #version: ReadyVersion;
  readonly #owner: InstanceOwner;
  readonly #initMs: number;
  /** Started before anybody waited for it: its first invocation finds it hot. */
  readonly #ahead: boolean;
  #lifetime: number;
  readonly #active = new Map<number, Invocation>();
  readonly #account: Account;
  #served = 0;
  #logBytes = 0;
  #gone = false;

  constructor({ forked, kind, initMs, ahead = false }: Started, version: ReadyVersion, owner: InstanceOwner) {
    this.kind = kind;
    this.#ahead = ahead;
    this.#forked = forked;
    this.#version = version;
    this.#owner = owner;
    this.#initMs = initMs;
    this.#account = new Account(forked.sandbox);
    this.#lifetime = lifetimeOf(version.record.limits.reuse);
    forked.link.maxBacklogBytes = sandboxBacklogBytes(version.record.limits.concurrency);
    forked.inside.caller = { function: version.record.function, depth: () => this.#depth() };
  }

  /** From here on it is the link's handler, and may be gone at once. */
  open(): void {
    this.#forked.link.handOver(this);
  }

  get sandboxId(): number {
    return this.#forked.sandbox.id;
  }

  get pid(): number {
    return this.#forked.process.pid;
  }

  get initPid(): number {
    return this.#forked.sandbox.initPid;
  }

  /** What it was made of. */
  get version(): ReadyVersion {
    return this.#version;
  }

  /** Invocations that it was given in its life. */
  get served(): number {
    return this.#served;
  }

  /** Of its sandbox; null when it has no link. */
  get address(): string | null {
    return this.#forked.inside.address;
  }

  /** What the network refused it so far, names and connections to functions included. */
  get refusals(): number {
    return this.#forked.inside.refusals;
  }

  get active(): number {
    return this.#active.size;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** It has served all that `reuse` lets it. */
  get spent(): boolean {
    return this.#served >= this.#lifetime;
  }

  /** It can take one more invocation. */
  get free(): boolean {
    return !this.#gone && this.#served < this.#lifetime && this.#active.size < this.#version.record.limits.concurrency;
  }

  /** Only when `free`. The first invocation has the start kind and the load time of the instance; all others find it hot. */
  serve(invocation: Invocation): void {
    const first = this.#served++ === 0 && !this.#ahead;
    this.#active.set(this.#served, invocation);
    const [kind, initMs, from] = first ? [this.kind, this.#initMs, BEFORE] : (["hot", 0, this.#account.read()] as const);
    const shared = this.#active.size > 1;
    const responseBytes = this.#version.record.limits.responseMb * 2 ** 20;
    const instance = `${this.#owner.worker}/${this.sandboxId}`;
    invocation.sit({ link: this.#forked.link, stream: this.#served, kind, initMs, holder: this, instance, from, shared, responseBytes });
  }

  /** Its deadline has come. */
  overdue(invocation: Invocation): void {
    invocation.fail(VERDICTS.deadline);
    if (this.#gone) return;
    if (this.#active.size <= 1) return this.end(VERDICTS.deadline);
    invocation.cancel();
    setTimeout(() => {
      if (invocation.seat !== undefined && this.#active.get(invocation.seat.stream) === invocation) this.end(VERDICTS.neighbour);
    }, CANCEL_GRACE_MS);
  }

  /** What the invocation used so far. */
  reckon({ seat }: Invocation): Reckoning {
    if (seat === undefined) return { used: null, shared: false };
    // Given later: it ran beside this one, since an invocation leaves its seat when it is over.
    seat.shared ||= this.#served !== seat.stream;
    this.#account.spoil(seat.from, true);
    return { used: usedBetween(seat.from, this.#account.read()?.counters), shared: seat.shared };
  }

  /** It takes nothing more, and ends with what it serves. */
  retire(): void {
    this.#lifetime = 0;
    if (this.#active.size === 0) this.end(VERDICTS.idle);
  }

  /** Ends it now, whatever it does; what it serves gets the verdict. Idempotent. */
  end(verdict: Verdict): void {
    if (this.#gone) return;
    this.#leave();
    this.#failAll(verdict);
    this.#owner.discard(this.#forked);
  }

  onFrame({ type, flags, stream, payload }: Frame): void {
    const invocation = this.#active.get(stream);
    if (type === FrameType.log) return this.#log(payload, invocation);
    if (invocation === undefined) throw new FrameError("frame for a stream that is not open");
    if (type === FrameType.response) {
      const { head, body } = parsePeerHead(PeerResponse, payload);
      invocation.instanceResponse(head, body, flags);
    } else if (type === FrameType.body) invocation.instanceBody(payload, flags);
    else if (type === FrameType.window) invocation.instanceWindow(parseWindow(payload));
    else if (type === FrameType.done) this.#done(stream, invocation, payload);
    else if (type === FrameType.failure) this.#failure(invocation, parsePeer(PeerFailure, payload));
    else throw new FrameError(`an instance has no frame of type ${type} to send`);
  }

  onEnd(cause: Error | undefined): void {
    if (this.#gone) return;
    if (cause instanceof FrameError) {
      this.#owner.onLog({ time: Date.now(), level: "error", message: `protocol violation: ${cause.message}` }, undefined);
      return this.end(VERDICTS.protocol);
    }
    if (cause !== undefined) {
      this.#owner.onFault(cause, this);
      return this.end(VERDICTS.fault);
    }
    this.#leave();
    void this.#die();
  }

  /** The process ended by itself: those who wait are told why as soon as that is known. */
  async #die(): Promise<void> {
    const { process, sandbox } = this.#forked;
    if (this.#active.size > 0) {
      const [exit, usage] = await learnCause({ exited: process.exited, usage: () => sandbox.usage() });
      if (usage !== undefined) this.#account.close(usage);
      this.#failAll(classifyDeath(exit, usage, this.#version.record.limits.memoryMb));
    }
    this.#owner.discard(this.#forked);
  }

  #leave(): void {
    this.#gone = true;
    this.#forked.inside.caller = undefined;
    this.#owner.onGone(this);
  }

  #failAll(verdict: Verdict): void {
    for (const invocation of this.#active.values()) {
      if (invocation.seat !== undefined) invocation.seat.shared ||= this.#served !== invocation.seat.stream;
      invocation.fail(verdict);
      void this.#settleLast(invocation);
    }
    this.#active.clear();
  }

  /** The runtime bounds what an invocation logs; a process that goes far beyond is not the runtime's any more. */
  #log(payload: Buffer, invocation: Invocation | undefined): void {
    this.#logBytes += payload.length + LOG_FRAME_BYTES;
    if (this.#logBytes > (this.#served + 1) * LOG_BYTES) throw new FrameError("logs without end");
    this.#owner.onLog(redactLog(this.#version.redact, parsePeer(PeerLog, payload)), invocation);
  }

  #failure(invocation: Invocation, said: PeerFailure): void {
    const failure = redactFailure(this.#version.redact, said);
    invocation.instanceFailure(failure);
    this.#owner.onFailure(failure, invocation);
  }

  #done(stream: number, invocation: Invocation, payload: Buffer): void {
    parsePeer(PeerDone, payload);
    invocation.instanceDone();
    this.#active.delete(stream);
    this.lastUsedAt = performance.now();
    const { seat } = invocation;
    if (seat !== undefined) seat.shared ||= this.#served !== stream;
    this.#account.spoil(seat?.from);
    this.#owner.onFree(this);
    // Behind the write of its answer, and of the next request, whose beginning has read the counters already.
    process.nextTick(() => this.#settle(invocation));
  }

  #settle(invocation: Invocation): void {
    if (this.#gone) return void this.#settleLast(invocation);
    const { from, shared = false } = invocation.seat ?? {};
    this.#owner.onSettled(invocation, { used: usedBetween(from, this.#account.read()?.counters), shared });
  }

  /** The record of an instance's last invocation is written when its memory has been given back. */
  async #settleLast(invocation: Invocation): Promise<void> {
    const { from, shared = false } = invocation.seat ?? {};
    const total = await this.#forked.destroy().catch(() => undefined); // whoever discards it notes the failure
    this.#owner.onSettled(invocation, { used: usedBetween(from, total), shared });
  }

  #depth(): number {
    let deepest = 0;
    for (const { depth } of this.#active.values()) deepest = Math.max(deepest, depth);
    return deepest;
  }
}
