import { FnError } from "@zygo/contracts";
import { FrameError, FrameType } from "@zygo/contracts/frames";
import type { InstanceProcess, Sandbox, SandboxHost, SandboxSpec, SandboxUsage } from "@zygo/sandbox";
import { FrameLink, sandboxBacklogBytes, type FrameHandler } from "./frame-link.ts";
import type { Inside, InsideServices, InsideTenant } from "./inside.ts";
import { Pace } from "./pace.ts";
import { failedLoad, MAX_LOG_BYTES } from "./load.ts";
import { Hello, parsePeer, PeerLoaded, PeerLog } from "./peer.ts";
import { deadlined } from "./timers.ts";

/** A fork that has not said hello by then never will, milliseconds. */
const HELLO_MS = 5_000;
/** What an instance may send: far above what answers take, and a tenth of what a core can handle. */
const FRAMES_PER_SECOND = 30_000;

/** A forked process in its sandbox that said hello and has no tenant's code yet, with the services that its sandbox reaches. */
export class Forked {
  readonly sandbox: Sandbox;
  readonly process: InstanceProcess;
  readonly link: FrameLink;
  readonly inside: Inside;
  #destroyed: Promise<SandboxUsage> | undefined;

  private constructor(sandbox: Sandbox, process: InstanceProcess, link: FrameLink, inside: Inside) {
    this.sandbox = sandbox;
    this.process = process;
    this.link = link;
    this.inside = inside;
  }

  /** @throws Error when any part of it cannot be made; nothing is left then. */
  static async make(host: SandboxHost, services: InsideServices, spec: SandboxSpec): Promise<Forked> {
    return Forked.welcome(await host.createForked(spec), services);
  }

  /**
   * Takes what was just forked: waits for its hello and opens what its sandbox reaches. `from`: it comes from a template, is a tenant's already, and may log as
   * its `afterFork` runs.
   * @throws FnError when `afterFork` failed; Error when any part of it cannot be made. The sandbox is destroyed then.
   */
  static async welcome(
    given: Created,
    services: InsideServices,
    from?: { tenant: InsideTenant; onLog: (line: PeerLog) => void },
  ): Promise<Forked> {
    const onLog = from?.onLog;
    const { sandbox, process } = given;
    const opening = services.open(sandbox).then((inside) => {
      inside.tenant = from?.tenant;
      return inside;
    });
    const [greeted, opened, wired] = await Promise.allSettled([greet(process, onLog), opening, sandbox.wired]);
    if (greeted.status === "fulfilled" && opened.status === "fulfilled" && wired.status === "fulfilled") {
      return new Forked(sandbox, process, greeted.value, opened.value);
    }
    if (opened.status === "fulfilled") opened.value.close();
    await sandbox.destroy();
    if (greeted.status === "rejected" && greeted.reason instanceof FnError) throw greeted.reason;
    throw new Error("cannot fork into a new sandbox", { cause: [greeted, opened, wired].find(({ status }) => status === "rejected") });
  }

  usage(): Promise<SandboxUsage> {
    return this.sandbox.usage();
  }

  /** Idempotent. The link ends without a word to its handler. */
  destroy(): Promise<SandboxUsage> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  async #destroy(): Promise<SandboxUsage> {
    this.link.close();
    this.inside.close();
    return this.sandbox.destroy();
  }
}

interface Created {
  sandbox: Sandbox;
  process: InstanceProcess;
}

/** Resolves with the link of a fork once it has said hello. */
export async function greet(process: InstanceProcess, onLog?: (line: PeerLog) => void): Promise<FrameLink> {
  const hello = Promise.withResolvers<void>();
  const link = new FrameLink(process.channel, awaitHello(hello, onLog), new Pace(FRAMES_PER_SECOND));
  link.maxBacklogBytes = sandboxBacklogBytes(1);
  await deadlined(hello.promise, HELLO_MS, () => new Error("no hello from the fork"));
  return link;
}

function awaitHello(hello: PromiseWithResolvers<void>, onLog: ((line: PeerLog) => void) | undefined): FrameHandler {
  let logBytes = 0;
  return {
    onFrame({ type, payload }) {
      if (onLog !== undefined && type === FrameType.log && (logBytes += payload.length) <= MAX_LOG_BYTES)
        return onLog(parsePeer(PeerLog, payload));
      if (onLog !== undefined && type === FrameType.loaded) return hello.reject(failedLoad(parsePeer(PeerLoaded, payload)));
      if (type !== FrameType.hello) throw new FrameError("first frame is no hello");
      parsePeer(Hello, payload);
      hello.resolve();
    },
    onEnd: (cause) => hello.reject(cause ?? new Error("the fork ended before its hello")),
  };
}
