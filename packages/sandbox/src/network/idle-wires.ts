import { NO_TRAFFIC, type SandboxTraffic, type Wire } from "./wire.ts";

/** More are kept for nobody. */
const MOST = 4;
/** One that nobody wanted for as long ends, milliseconds. */
const KEPT_MS = 2_000;

/** The network of a sandbox that ended: its wire, and the id by which the launcher holds the namespace. */
export interface IdleWire {
  wire: Wire;
  of: number;
}

/**
 * Networks of a template's sandboxes that ended, for its next ones: to make a namespace, link it and end it takes longer than all else of a
 * sandbox. They never leave the version that they were made for.
 */
export class IdleWires {
  readonly #forget: (of: number) => void;
  readonly #idle: IdleWire[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `forget`: the launcher is to end a namespace. */
  constructor(forget: (of: number) => void) {
    this.#forget = forget;
  }

  /** There is room for one more. */
  get wanted(): boolean {
    return !this.#closed && this.#idle.length < MOST;
  }

  take(): IdleWire | undefined {
    return this.#idle.pop();
  }

  /** Never rejects. One that is not kept after all ends here. @returns the traffic of the sandbox that had it */
  async put(idle: IdleWire): Promise<SandboxTraffic> {
    try {
      const traffic = await idle.wire.rest();
      if (this.wanted) this.#keep(idle);
      else this.#end(idle);
      return traffic;
    } catch {
      this.#end(idle);
      return NO_TRAFFIC;
    }
  }

  /** Keeps nothing any more. Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#endAll();
  }

  #keep(idle: IdleWire): void {
    this.#idle.push(idle);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#endAll(), KEPT_MS).unref();
  }

  #endAll(): void {
    for (const idle of this.#idle.splice(0)) this.#end(idle);
  }

  #end({ wire, of }: IdleWire): void {
    this.#forget(of);
    void wire.detach();
  }
}
