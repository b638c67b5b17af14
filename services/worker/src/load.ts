import { FnError } from "@zygo/contracts";
import { FrameError, FrameType } from "@zygo/contracts/frames";
import { classifyDeath, learnCause } from "./death.ts";
import type { InstanceProcess, SandboxUsage } from "@zygo/sandbox";
import type { FrameHandler, FrameLink } from "./frame-link.ts";
import { parsePeer, PeerLoaded, PeerLog } from "./peer.ts";
import { deadlined } from "./timers.ts";
import type { ReadyVersion } from "./versions.ts";

/** Longest time that a module may take to load, milliseconds. */
export const LOAD_LIMIT_MS = 10_000;
/** What a module may log while it loads, bytes of payload: four times what the runtime allows. */
export const MAX_LOG_BYTES = 1024 * 1024;

/** A process that waits for a version. */
export interface Loadee {
  link: FrameLink;
  process: Pick<InstanceProcess, "exited">;
  usage(): Promise<SandboxUsage>;
}

/**
 * Loads the version into a process without a tenant. On failure the process still lives: the caller destroys it.
 * @throws FnError with the function's code: FUNCTION_LOAD_FAILED (its `cause` is what the module threw), FUNCTION_TIMEOUT,
 *   FUNCTION_PROTOCOL, or that of the process's death.
 */
export async function loadVersion(
  forked: Loadee,
  version: ReadyVersion,
  given: { limitMs: number; onLog: (line: PeerLog) => void },
): Promise<PeerLoaded> {
  const outcome = Promise.withResolvers<PeerLoaded>();
  forked.link.handOver(loading(forked, version, outcome, given.onLog));
  forked.link.send(version.loadFrame);
  const limitMs = Math.min(LOAD_LIMIT_MS, given.limitMs);
  const late = () => new FnError("FUNCTION_TIMEOUT", `The function's module did not finish loading within ${Math.round(limitMs)} ms.`);
  const loaded = await deadlined(outcome.promise, limitMs, late);
  if (!loaded.ok) throw failedLoad(loaded);
  return loaded;
}

function loading(
  forked: Loadee,
  version: ReadyVersion,
  outcome: PromiseWithResolvers<PeerLoaded>,
  onLog: (line: PeerLog) => void,
): FrameHandler {
  let logBytes = 0;
  return {
    onFrame({ type, stream, payload }) {
      if (stream !== 0) throw new FrameError("frame of a stream before the load");
      if (type === FrameType.log && (logBytes += payload.length) <= MAX_LOG_BYTES) onLog(parsePeer(PeerLog, payload));
      else if (type === FrameType.loaded) outcome.resolve(parsePeer(PeerLoaded, payload));
      else throw new FrameError("unexpected frame while loading");
    },
    onEnd(cause) {
      const code = cause instanceof FrameError ? "FUNCTION_PROTOCOL" : "INTERNAL";
      const died = cause === undefined ? deathOf(forked, version) : Promise.resolve(new FnError(code, undefined, { cause }));
      died.then(outcome.reject, outcome.reject);
    },
  };
}

async function deathOf(forked: Loadee, version: ReadyVersion): Promise<FnError> {
  const [exit, usage] = await learnCause({ exited: forked.process.exited, usage: () => forked.usage() });
  const { code, detail } = classifyDeath(exit, usage, version.record.limits.memoryMb);
  return new FnError(code, detail);
}

/** What a refused load, or a failed `afterFork`, means to callers. */
export function failedLoad({ error }: PeerLoaded): FnError {
  if (error === undefined) return new FnError("FUNCTION_LOAD_FAILED");
  return new FnError(error.code, `The function's module failed to load: ${error.name}.`, { cause: error });
}
