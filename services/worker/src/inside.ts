import type { Server } from "node:net";
import type { NetworkPolicy } from "@zygo/contracts";
import type { Pin, Refusal, Sandbox } from "@zygo/sandbox";
import { serveDns, type DnsService } from "./dns-server.ts";
import type { DnsQuestion } from "./dns.ts";
import { serveCalls, type CallSource, type InsideCaller, type InternalCalls } from "./internal-calls.ts";
import type { Asker, Names } from "./names.ts";
import { Pace } from "./pace.ts";
import { RecentWords } from "./recent-words.ts";

/** Whose sandbox it is, from before its module is loaded. */
export interface InsideTenant {
  function: string;
  version: string;
  network: NetworkPolicy;
}

/** Names that a sandbox may have looked up elsewhere: a second, and at a time. */
const LOOKUPS_PER_SECOND = 100;
const MAX_LOOKUPS = 32;

/** What one sandbox reaches at loopback addresses of its own network namespace: its resolver, and other functions. */
export class Inside implements CallSource, Asker {
  /** Set once the sandbox has a tenant; before that, calls are refused. */
  caller: InsideCaller | undefined;
  /** Set before its code runs; before that, no name is resolved. */
  tenant: InsideTenant | undefined;
  /** What was refused to it: packets, names, connections to functions. */
  refusals = 0;
  /** IPv4, once it is linked. */
  address: string | null = null;
  readonly #sandbox: Sandbox;
  readonly #told: RecentWords;
  readonly #parts: (Server | DnsService)[] = [];
  readonly #pace = new Pace(LOOKUPS_PER_SECOND);
  #lookups = 0;

  constructor(sandbox: Sandbox, tell: (tenant: InsideTenant, message: string) => void) {
    this.#sandbox = sandbox;
    this.#told = new RecentWords((message) => this.tenant !== undefined && tell(this.tenant, message));
    // Who makes the sandbox learns of the failure.
    sandbox.wired.then(
      (port) => (this.address = port?.address ?? null),
      () => undefined,
    );
    sandbox.onRefused = (refusal) => this.refused(words(refusal));
  }

  get owner(): string | undefined {
    return this.tenant?.function;
  }

  get policy(): NetworkPolicy {
    return this.tenant?.network ?? "none";
  }

  async pin(pins: readonly Pin[], forMs: number): Promise<void> {
    await (await this.#sandbox.wired)?.pin(pins, forMs);
  }

  tooMany(what: string): void {
    this.#refuse(`network: refused ${what}: too many`);
  }

  refused(what: string): void {
    this.#refuse(`network: refused ${what} by policy ${typeof this.policy === "string" ? `'${this.policy}'` : "'allow'"}`);
  }

  #refuse(message: string): void {
    this.refusals++;
    this.#told.say(message);
  }

  /** Undefined when it asks too much. */
  async resolve(names: Names, question: DnsQuestion): Promise<Buffer | undefined> {
    if (this.#lookups >= MAX_LOOKUPS || this.#pace.note(1, Date.now()) > 0) return undefined;
    this.#lookups++;
    try {
      return await names.answer(question, this);
    } finally {
      this.#lookups--;
    }
  }

  add(part: Server | DnsService): void {
    this.#parts.push(part);
  }

  /** Idempotent. Ends the listeners; connections end with the sandbox. */
  close(): void {
    this.#sandbox.onRefused = undefined;
    for (const part of this.#parts.splice(0)) part.close();
  }
}

const words = ({ address, port, protocol }: Refusal): string =>
  port === 0 ? `protocol ${protocol} to ${address}` : `${address}:${port}${protocol === "udp" ? " (UDP)" : ""}`;

/** Opens them, for each sandbox. */
export class InsideServices {
  readonly #calls: InternalCalls;
  readonly #names: Names;
  readonly #tell: (tenant: InsideTenant, message: string) => void;

  constructor(given: { calls: InternalCalls; names: Names; tell: (tenant: InsideTenant, message: string) => void }) {
    this.#calls = given.calls;
    this.#names = given.names;
    this.#tell = given.tell;
  }

  /** @throws what the sandbox throws when it cannot listen. */
  async open(sandbox: Sandbox): Promise<Inside> {
    const inside = new Inside(sandbox, this.#tell);
    try {
      const { fd } = await sandbox.listenInside("127.0.0.1", 80);
      inside.add(await serveCalls(this.#calls, fd, inside));
      const bind = () => sandbox.bindUdpInside("127.0.0.53", 53);
      inside.add(await serveDns(bind, (question) => inside.resolve(this.#names, question)));
      return inside;
    } catch (error) {
      inside.close();
      throw error;
    }
  }
}
