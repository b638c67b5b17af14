import {
  DEFAULT_LIMITS,
  FnError,
  type ForkClean,
  type FunctionConfig,
  type Limits,
  type ProbeRequest,
  type ProbeResult,
} from "@zygo/contracts";
import { decideLimits, parseConfig, requireTriggerHandlers } from "./limits.ts";
import type { Prober } from "./probe.ts";

/** What a version has shown of itself in a real sandbox. */
export interface Proven {
  limits: Limits;
  handlers: string[];
  startup: { totalMs: number; loadMs: number };
  forkClean: ForkClean | undefined;
}

export type Trial = Omit<ProbeRequest, "limits"> & { overrides: FunctionConfig };
type Loaded = Extract<ProbeResult, { ok: true }>;

/** Memory with which a bundle gets to say its `config` when the default does not suffice to load it, MiB. */
const GENEROUS_MB = 1024;

/**
 * Loads the bundle with the limits that it will run with. Those stand in its own `config` export, so it is loaded with the defaults
 * first, and again only when its config asks for another runtime or other memory than that.
 * @throws FnError INVALID_BUNDLE with `error`, INVALID_CONFIG with `issues`, and what the prober throws.
 */
export async function tryVersion(prober: Prober, { overrides, ...request }: Trial, signal: AbortSignal): Promise<Proven> {
  const load = (limits: Limits): Promise<ProbeResult> => prober.probe({ ...request, limits }, signal);
  const assumed = decideLimits({}, overrides);
  const first = await load(assumed);
  const outgrown = !first.ok && first.code === "FUNCTION_OOM" && overrides.memoryMb === undefined;
  const speaking = outgrown ? await load({ ...assumed, memoryMb: GENEROUS_MB }) : first;
  if (outgrown && !speaking.ok) throw loadFailure(first);
  const config = parseConfig(loaded(speaking).config);
  const limits = decideLimits(config, overrides);
  if (outgrown && limits.memoryMb <= DEFAULT_LIMITS.memoryMb) throw loadFailure(first);
  const asDecided = !outgrown && limits.runtime === assumed.runtime && limits.memoryMb >= assumed.memoryMb;
  const { handlers, startup, forkClean } = loaded(asDecided ? speaking : await load(limits));
  if (handlers.length === 0) throw new FnError("INVALID_BUNDLE", NO_HANDLER);
  requireTriggerHandlers(config, overrides, handlers);
  return { limits, handlers, startup, forkClean };
}

const NO_HANDLER =
  "The entry exports no handler: export a default function, `{ fetch }`, a Hono app, functions named GET, POST…, `scheduled` or `queue`";

function loaded(result: ProbeResult): Loaded {
  if (result.ok) return result;
  throw loadFailure(result);
}

/** Why a bundle did not load, in the function's own words. */
function loadFailure(result: ProbeResult): FnError {
  if (result.ok) return new FnError("INTERNAL");
  const [, name, message] = /^(\w+): (.*)$/s.exec(result.message) ?? [undefined, "Error", result.message];
  const error = { code: result.code, name, message, ...(result.stack === undefined ? {} : { stack: result.stack }) };
  return new FnError("INVALID_BUNDLE", result.message, { extra: { error } });
}
