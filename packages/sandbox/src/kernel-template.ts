import { encodeFrame, FrameType } from "@zygo/contracts/frames";
import { type KernelSandbox, nestedRequest } from "./kernel-sandbox.ts";
import { LauncherError, type LauncherLink } from "./launcher-link.ts";
import { IdleWires } from "./network/idle-wires.ts";
import type { Frozen, InstanceProcess, NestedSpec, SandboxNetwork, SandboxUsage, Template } from "./ports.ts";

/** Longer than a module's own work may go on after it was loaded, and a collection of a large heap. */
const FREEZE_TIMEOUT_MS = 10_000;

interface Given {
  link: LauncherLink;
  /** The sandbox that is its domain. */
  domain: KernelSandbox;
  /** Makes the record of a sandbox, which the host watches. */
  conceive: (request: Record<string, unknown>, network: SandboxNetwork | undefined, idleWires: IdleWires) => KernelSandbox;
}

/** A template that the launcher holds. */
export class KernelTemplate implements Template {
  readonly gone: Promise<string>;
  readonly #given: Given;
  readonly #idleWires: IdleWires;
  #process!: InstanceProcess;
  #end!: (reason: string) => void;
  #ended: string | undefined;
  #answerFreeze: ((outcome: Frozen) => void) | undefined;
  #retired: Promise<void> | undefined;

  constructor(given: Given) {
    this.#given = given;
    // With the template's end the launcher forgets them itself.
    this.#idleWires = new IdleWires(
      (of) => void given.link.request("forget-network", { domain: this.id, sandbox: of }).catch(() => undefined),
    );
    this.gone = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#ended ??= reason;
        this.#idleWires.close();
        resolve(reason);
      };
    });
  }

  get id(): number {
    return this.#given.domain.id;
  }

  get process(): InstanceProcess {
    return this.#process;
  }

  /** Once. @throws LauncherError; nothing is left then. */
  async start(): Promise<void> {
    this.#process = await this.#given.domain.createForked();
    void this.#process.exited.then(({ code, signal }) => this.#end(`it ended (${signal ?? code})`));
  }

  async freeze(): Promise<Frozen> {
    if (this.#ended !== undefined) throw new LauncherError("freeze", this.#ended);
    const answer = new Promise<Frozen>((resolve) => (this.#answerFreeze = resolve));
    this.#process.channel.write(encodeFrame(FrameType.freeze, 0, 0));
    const { outcome, cancel } = failsAfter(FREEZE_TIMEOUT_MS);
    try {
      return await Promise.race([answer, outcome, this.gone.then((reason) => Promise.reject(new LauncherError("freeze", reason)))]);
    } finally {
      cancel();
    }
  }

  async createSandbox(spec: NestedSpec): Promise<KernelSandbox> {
    const sandbox = this.#conceive(spec);
    await sandbox.create();
    return sandbox;
  }

  async createForked(spec: NestedSpec): Promise<{ sandbox: KernelSandbox; process: InstanceProcess }> {
    const sandbox = this.#conceive(spec);
    return { sandbox, process: await sandbox.createForked() };
  }

  usage(): Promise<SandboxUsage> {
    return this.#given.domain.usage();
  }

  retire(): Promise<void> {
    this.#retired ??= this.#retire();
    return this.#retired;
  }

  async destroy(): Promise<SandboxUsage> {
    this.#end("it was destroyed");
    const usage = await this.#given.domain.destroy();
    this.#process.channel.destroy();
    return usage;
  }

  /** The host calls this when the launcher passes on what the template answered to `freeze`: a reason a line. */
  noteFrozen(reasons: string): void {
    if (reasons === "") this.#process.channel.destroy();
    this.#answerFreeze?.(reasons === "" ? { ok: true } : { ok: false, reasons: reasons.split("\n") });
  }

  noteGone(reason: string): void {
    this.#end(reason);
  }

  async #retire(): Promise<void> {
    this.#end("it was retired");
    this.#process.channel.destroy();
    await this.#given.domain.retire();
  }

  #conceive(spec: NestedSpec): KernelSandbox {
    return this.#given.conceive(nestedRequest(this.id, spec), spec.limits.network, this.#idleWires);
  }
}

function failsAfter(ms: number): { outcome: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const outcome = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new LauncherError("freeze", "the template did not answer in time")), ms);
  });
  return { outcome, cancel: () => clearTimeout(timer) };
}
