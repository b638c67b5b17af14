import {
  DEFAULT_LIMITS,
  FnError,
  type ForkClean,
  type FunctionConfig,
  type Limits,
  type ProbeRequest,
  type ProbeResult,
} from "@zygo/contracts";
import { decideLimits, parseConfig, requireLeftOut, requireTriggerHandlers } from "./limits.ts";
import type { Prober } from "./probe.ts";
import type { TenantMeans } from "./tenant-checks.ts";

/** What a version has shown of itself in a real sandbox. */
export interface Proven {
  limits: Limits;
  handlers: string[];
  startup: { totalMs: number; loadMs: number };
  forkClean: ForkClean | undefined;
}

export type Trial = Omit<ProbeRequest, "limits"> & { overrides: FunctionConfig; external: readonly string[] };
type Loaded = Extract<ProbeResult, { ok: true }>;

/** As `config.secrets` has it. */
const MOST_SECRETS = 64;
/** Memory with which a bundle gets to say its `config` when the default does not suffice to load it, MiB. */
const GENEROUS_MB = 1024;

/**
 * Loads the bundle with the limits that it will run with. Those stand in its own `config` export, so it is loaded with the defaults
 * first, and again only when its config asks for another runtime, other memory or secrets.
 * @throws FnError INVALID_BUNDLE with `error`, INVALID_CONFIG with `issues`, what `means.check` and the prober throw.
 */
export async function tryVersion(
  prober: Prober,
  { overrides, external, means, ...request }: Trial & { means: TenantMeans },
  signal: AbortSignal,
): Promise<Proven> {
  const load = (limits: Limits): Promise<ProbeResult> => prober.probe({ ...request, limits }, signal);
  const assumed = decideLimits({}, overrides);
  means.check({ ...assumed, memoryMb: overrides.memoryMb ?? 1 }, request.env);
  const first = await load(assumed);
  const { spoken, outgrown } = await hearConfig(first, assumed, { load, overrides, secrets: means.secrets });
  if (!spoken.ok) throw loadFailure(first);
  const config = parseConfig(spoken.config);
  requireLeftOut(config, external);
  const limits = decideLimits(config, overrides);
  if (outgrown && limits.memoryMb <= DEFAULT_LIMITS.memoryMb) throw loadFailure(first);
  means.check(limits, request.env);
  const asDecided =
    spoken === first &&
    limits.runtime === assumed.runtime &&
    limits.memoryMb >= assumed.memoryMb &&
    limits.volumes.length === assumed.volumes.length &&
    limits.secrets.every((name) => assumed.secrets.includes(name));
  const { handlers, startup, forkClean } = loaded(asDecided ? spoken : await load(limits));
  if (handlers.length === 0) throw new FnError("INVALID_BUNDLE", NO_HANDLER);
  requireTriggerHandlers(config, overrides, handlers);
  return { limits, handlers, startup, forkClean };
}

/**
 * A bundle that does not load for want of memory or of secrets that its config may ask for gets to say its config with more. All the
 * secrets that it could name are its deployer's to read anyway.
 */
async function hearConfig(
  first: ProbeResult,
  assumed: Limits,
  { load, overrides, secrets }: { load: (limits: Limits) => Promise<ProbeResult>; overrides: FunctionConfig; secrets: string[] },
): Promise<{ spoken: ProbeResult; outgrown: boolean }> {
  if (first.ok) return { spoken: first, outgrown: false };
  const outgrown = first.code === "FUNCTION_OOM" && overrides.memoryMb === undefined;
  if (outgrown) return { spoken: await load({ ...assumed, memoryMb: GENEROUS_MB }), outgrown };
  const unfed = first.code === "FUNCTION_LOAD_FAILED" && overrides.secrets === undefined && secrets.length > 0;
  return { spoken: unfed ? await load({ ...assumed, secrets: secrets.slice(0, MOST_SECRETS) }) : first, outgrown };
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
