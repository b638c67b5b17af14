import { FnError, FunctionConfig, type ForkClean } from "@zygo/contracts";
import { encodeHead, encodeWindow, FLAG_END, FrameError, FrameType, type RequestHead } from "@zygo/contracts/frames";
import { INTERNAL_DOMAIN } from "@zygo/contracts/names";
import type { SandboxHost, Template } from "@zygo/sandbox";
import { greet } from "./forked.ts";
import type { FrameLink } from "./frame-link.ts";
import { loadVersion } from "./load.ts";
import { parsePeer, PeerLog, type PeerLoaded } from "./peer.ts";
import { deadlined } from "./timers.ts";
import type { ReadyVersion } from "./versions.ts";

/** A warm-up that has not ended by then costs the version its template, milliseconds. */
const WARM_UP_MS = 5_000;

/** What came of an attempt: the module loaded, and either froze or says why it cannot. */
export interface Made {
  loaded: PeerLoaded;
  /** What the template was warmed up with. */
  warmup: string | null;
  /** Absent: the version's own config turns templates off. */
  forkClean?: ForkClean;
  /** Frozen; absent when `forkClean` is not ok. */
  template?: Template;
}

interface Given {
  limitMs: number;
  onLog: (line: PeerLog) => void;
  onLoaded?: () => void;
}

/**
 * Loads the version into a domain of its own and freezes it. Nothing is left when it throws or says that there is no template.
 * @throws FnError as `loadVersion` does; Error when the platform cannot make one.
 */
export async function makeTemplate(host: SandboxHost, version: ReadyVersion, given: Given): Promise<Made> {
  const { layer, dependencies, limits, hostname, record } = version;
  const template = await host.startTemplate({ runtime: record.limits.runtime, layer, dependencies, limits, hostname });
  try {
    const made = await rear(template, version, given);
    if (made.template === undefined) await template.destroy();
    return made;
  } catch (error) {
    await template.destroy();
    throw error;
  }
}

async function rear(template: Template, version: ReadyVersion, given: Given): Promise<Made> {
  const link = await greet(template.process);
  const loaded = await loadVersion({ link, process: template.process, usage: () => template.usage() }, version, given);
  given.onLoaded?.();
  const { limits } = version.record;
  const config = FunctionConfig.safeParse(loaded.config ?? {}).data;
  const warmup = limits.warmup ?? config?.warmup ?? null;
  if (config?.template === false) return { loaded, warmup };
  const failure = warmup === null ? undefined : await warmUp(link, version, { path: warmup, onLog: given.onLog });
  if (failure !== undefined) return { loaded, warmup, forkClean: { ok: false, reasons: [failure] } };
  // The channel closes as it freezes.
  link.handOver({
    onFrame: ({ type, payload }) => (type === FrameType.log ? given.onLog(parsePeer(PeerLog, payload)) : undefined),
    onEnd: () => undefined,
  });
  const frozen = await template.freeze();
  if (!frozen.ok)
    return { loaded, warmup, forkClean: { ok: false, reasons: frozen.reasons.slice(0, 16).map((reason) => reason.slice(0, 256)) } };
  return { loaded, warmup, forkClean: { ok: true, reasons: [] }, template };
}

/** One GET whose answer is thrown away. @returns why the process is no template after it; undefined when all is well. */
async function warmUp(
  link: FrameLink,
  version: ReadyVersion,
  given: { path: string; onLog: (line: PeerLog) => void },
): Promise<string | undefined> {
  const over = Promise.withResolvers<string | undefined>();
  link.handOver({
    onFrame({ type, payload }) {
      if (type === FrameType.done) over.resolve(undefined);
      else if (type === FrameType.failure) over.resolve(`the warm-up request ${given.path} failed: see the function's log`);
      else if (type === FrameType.log) given.onLog(parsePeer(PeerLog, payload));
      else if (type === FrameType.body && payload.length > 0) link.send(encodeWindow(1, payload.length));
      else if (type !== FrameType.response && type !== FrameType.window && type !== FrameType.body)
        throw new FrameError("unexpected frame in a warm-up");
    },
    onEnd: () => over.resolve("the process ended in the warm-up request"),
  });
  link.send(encodeHead(FrameType.request, 1, warmUpHead(version, given.path), Buffer.alloc(0), FLAG_END));
  const late = () => new FnError("FUNCTION_TIMEOUT");
  return deadlined(over.promise, WARM_UP_MS, late).catch(() => `the warm-up request ${given.path} did not end within ${WARM_UP_MS} ms`);
}

function warmUpHead({ hostname, short }: ReadyVersion, path: string): RequestHead {
  const host = `${hostname}.${INTERNAL_DOMAIN}`;
  return {
    requestId: `warm-up-${short}`,
    method: "GET",
    url: `http://${host}${path}`,
    headers: [
      ["host", host],
      ["accept", "*/*"],
      ["user-agent", "zygo-warm-up"],
    ],
    deadlineMs: Date.now() + WARM_UP_MS,
    attempt: 1,
    trigger: "probe",
  };
}

/** A module that needs its sandbox's network as it loads: a template has no resolver and no platform to call. */
export const unloadable = ({ code }: FnError): ForkClean => ({
  ok: false,
  reasons: [`its module did not load ahead of its sandbox's network (${code})`],
});
