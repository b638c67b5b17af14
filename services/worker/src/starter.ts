import { performance } from "node:perf_hooks";
import { FnError } from "@zygo/contracts";
import type { RuntimeName, StartKind } from "@zygo/contracts/names";
import type { SandboxHost, SandboxUsage } from "@zygo/sandbox";
import { Forked } from "./forked.ts";
import type { InsideServices } from "./inside.ts";
import { loadVersion } from "./load.ts";
import type { Log } from "@zygo/service";
import type { PeerLoaded, PeerLog } from "./peer.ts";
import { Pools } from "./pools.ts";
import { Templates } from "./templates.ts";
import { deadlined } from "./timers.ts";
import type { TemplateGiven, VersionTemplate } from "./version-template.ts";
import { tenantOfVersion, type ReadyVersion } from "./versions.ts";

/** A process that has loaded its version and can serve. */
export interface Started {
  forked: Forked;
  kind: StartKind;
  loaded: PeerLoaded;
  /** Milliseconds from `load` sent to `loaded` received. */
  initMs: number;
  /** Nobody waited for it when it was started. */
  ahead?: boolean;
}

interface StartGiven {
  limitMs: number;
  onLog: (line: PeerLog) => void;
}

/** A process without a version. */
interface Unloaded {
  forked: Forked;
  kind: "pool" | "cold";
}

/** Makes instances: forked from the version's template, out of the pool, or cold. Bounds how many are forked at once, not how many load. */
export class Starter {
  readonly #host: SandboxHost;
  readonly #services: InsideServices;
  readonly #log: Log;
  readonly pools: Pools;
  readonly templates: Templates;
  readonly #zygotes = new Map<RuntimeName, Promise<unknown>>();

  constructor(given: { host: SandboxHost; services: InsideServices; maxSpares: number; onLog: TemplateGiven["onLog"]; log: Log }) {
    this.#host = given.host;
    this.#services = given.services;
    this.#log = given.log;
    this.pools = new Pools(given);
    this.templates = new Templates({ ...given, mayRefill: (state) => this.pools.mayRefill(state) });
  }

  /** Starts of the runtime wait until its zygote is up; without a zygote under way they fail. */
  useZygote(runtime: RuntimeName, up: Promise<unknown>): void {
    this.#zygotes.set(runtime, up);
    // Each start tells of the failure.
    up.catch(() => undefined);
  }

  /**
   * @throws FnError: the function's code when its load fails (see `loadVersion`), INTERNAL when no process can be made. Nothing is left then.
   */
  async start(version: ReadyVersion, given: StartGiven): Promise<Started> {
    await this.#zygote(version.record.limits.runtime, given.limitMs);
    const template = this.templates.of(version);
    const spare = template?.claim();
    if (spare !== undefined) return { ...spare, kind: "spare", initMs: 0 };
    const made = await this.#make(version, template, given);
    const started = "loaded" in made ? made : await this.#load(made, version, given);
    void template?.ensure();
    return started;
  }

  /** Out of what is ready, else out of the template that is being made, so that a burst loads a version once; else cold. */
  async #make(version: ReadyVersion, template: VersionTemplate | undefined, given: StartGiven): Promise<Started | Unloaded> {
    const { slots } = this.pools;
    const ready = (): Promise<Started | Unloaded | undefined> => slots.run(() => this.#ready(version, template, given.onLog));
    let made = await ready();
    if (made === undefined && template !== undefined) {
      await deadlined(template.ensure(), given.limitMs, () => new Error("late")).catch(() => undefined);
      made = await ready();
    }
    return made ?? slots.run(() => this.#cold(version));
  }

  async #ready(
    version: ReadyVersion,
    template: VersionTemplate | undefined,
    onLog: StartGiven["onLog"],
  ): Promise<Started | Unloaded | undefined> {
    const forked = await template?.fork(onLog);
    if (forked !== undefined) return { ...forked, kind: "template", initMs: 0 };
    const pooled = await this.#fromPool(version);
    return pooled === undefined ? undefined : { forked: pooled, kind: "pool" };
  }

  async #load({ forked, kind }: Unloaded, version: ReadyVersion, given: StartGiven): Promise<Started> {
    const loadAt = performance.now();
    try {
      const loaded = await loadVersion(forked, version, given);
      return { forked, kind, loaded, initMs: performance.now() - loadAt };
    } catch (error) {
      void this.discard(forked);
      throw error;
    }
  }

  /** Destroys it. Never rejects: undefined when it could not be, which the log tells. */
  async discard(forked: Forked): Promise<SandboxUsage | undefined> {
    try {
      return await forked.destroy();
    } catch (error) {
      this.#log.error("sandbox not destroyed", { sandbox: forked.sandbox.id, error });
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.templates.close();
    await this.pools.close();
  }

  async #zygote(runtime: RuntimeName, limitMs: number): Promise<void> {
    const up = this.#zygotes.get(runtime);
    const missing = (cause?: unknown) => new FnError("INTERNAL", `The runtime ${runtime} is not available here.`, { cause });
    if (up === undefined) throw missing();
    try {
      await deadlined(up, limitMs, missing);
    } catch (error) {
      throw error instanceof FnError ? error : missing(error);
    }
  }

  async #cold(version: ReadyVersion): Promise<Unloaded> {
    const { layer, dependencies, limits, volumes, hostname, record } = version;
    try {
      const spec = { runtime: record.limits.runtime, layer, dependencies, limits, volumes, hostname };
      const forked = await Forked.make(this.#host, this.#services, spec);
      forked.inside.tenant = tenantOfVersion(version);
      return { forked, kind: "cold" };
    } catch (cause) {
      throw new FnError("INTERNAL", "The platform could not start an instance.", { cause });
    }
  }

  async #fromPool(version: ReadyVersion): Promise<Forked | undefined> {
    const { record, layer, dependencies, limits, volumes } = version;
    const forked = this.pools.claim(record.limits.runtime);
    if (forked === undefined) return undefined;
    try {
      await forked.sandbox.assign({ layer, dependencies, limits, volumes });
      forked.inside.tenant = tenantOfVersion(version);
      return forked;
    } catch (error) {
      this.#log.error("pool sandbox cannot be assigned", { sandbox: forked.sandbox.id, error });
      void this.discard(forked);
      return undefined;
    }
  }
}
