import { performance } from "node:perf_hooks";
import { asFnError, FnError, type ForkClean } from "@zygo/contracts";
import { Rate, refillDelayMs, spareTarget, type TemplateWorth } from "@zygo/core";
import { FrameError, FrameType } from "@zygo/contracts/frames";
import type { SandboxHost, Template } from "@zygo/sandbox";
import type { Log } from "@zygo/service";
import { Forked } from "./forked.ts";
import type { InsideServices } from "./inside.ts";
import { parsePeer, PeerLog, type PeerLoaded } from "./peer.ts";
import { redactStart } from "./redact.ts";
import { Stock, type StockState } from "./stock.ts";
import { LOAD_LIMIT_MS } from "./load.ts";
import { makeTemplate, unloadable, type Made } from "./template-maker.ts";
import { deadlined } from "./timers.ts";
import { tenantOfVersion, type ReadyVersion } from "./versions.ts";

export interface TemplateGiven {
  host: SandboxHost;
  services: InsideServices;
  log: Log;
  /** Of a version. */
  maxSpares: number;
  /** Whether a stock may be given one more now. */
  mayRefill: (state: StockState) => boolean;
  /** What a version says outside of any invocation. */
  onLog: (version: ReadyVersion, line: PeerLog) => void;
}

/** A template that has not forked by then is wedged, milliseconds: it is ended, and the start takes another way. */
const FORK_MS = 2_000;
/** One that lived this long is no failure of a row, milliseconds. */
const LONG_LIFE_MS = 60_000;
const RATE_HALF_LIFE_MS = 10_000;

/** The template of one version on this worker, if it has one, and the spares forked from it. It fails nobody: what it cannot give is undefined. */
export class VersionTemplate {
  readonly version: ReadyVersion;
  /** Absent: nobody has looked yet. */
  forkClean: ForkClean | undefined;
  retired = false;
  readonly #given: TemplateGiven;
  readonly #starts = new Rate(RATE_HALF_LIFE_MS);
  #template: Template | undefined;
  #loaded: PeerLoaded | undefined;
  #warmup: string | null | undefined;
  #memoryBytes = 0;
  #spares: Stock | undefined;
  #making: Promise<void> | undefined;
  /** In a row: templates that were not made, or did not live long. */
  #failures = 0;
  #retryAt = 0;
  #bornAt = 0;

  constructor(version: ReadyVersion, given: TemplateGiven) {
    this.version = version;
    this.#given = given;
  }

  get ready(): boolean {
    return this.#template !== undefined;
  }

  get pid(): number | undefined {
    return this.#template?.process.pid;
  }

  get making(): boolean {
    return this.#making !== undefined;
  }

  get spares(): number {
    return this.#spares?.ready ?? 0;
  }

  get worth(): TemplateWorth {
    const perSecond = this.#starts.perSecond(performance.now());
    return { savedMs: this.#loaded?.loadMs ?? 0, perSecond, memoryBytes: this.#memoryBytes };
  }

  /** It was made of exactly this: the same bytes to load, the same warm-up. */
  isOf(version: ReadyVersion): boolean {
    return (
      this.version.loadFrame.equals(version.loadFrame) && (this.#warmup === undefined || this.#warmup === version.record.limits.warmup)
    );
  }

  /** A spare, and with it what its module said as it loaded. Notes that the version is started. */
  claim(): { forked: Forked; loaded: PeerLoaded } | undefined {
    this.#starts.note(performance.now());
    const [forked, loaded] = [this.#spares?.claim(), this.#loaded];
    return forked === undefined || loaded === undefined ? undefined : { forked, loaded };
  }

  /** Forks an instance now. Undefined when there is no template or it does not fork. @throws FnError when the function's `afterFork` fails. */
  async fork(onLog: (line: PeerLog) => void): Promise<{ forked: Forked; loaded: PeerLoaded } | undefined> {
    const [template, loaded] = [this.#template, this.#loaded];
    if (template === undefined || loaded === undefined) return undefined;
    try {
      return { forked: await this.#fork(template, onLog), loaded };
    } catch (error) {
      if (error instanceof FnError) throw error;
      this.#log("template did not fork", { error });
      if (this.#template === template) this.#lose("it did not fork");
      return undefined;
    }
  }

  /** Makes the template unless it is there: once, however many ask. Resolves when it is, or is not to be had for now. Never rejects. */
  ensure(): Promise<void> {
    if (this.ready || this.retired || this.forkClean?.ok === false || performance.now() < this.#retryAt) return Promise.resolve();
    this.#making ??= this.#make().finally(() => (this.#making = undefined));
    return this.#making;
  }

  /** Takes over a template that the probe has made. */
  adopt({ template, loaded, forkClean, warmup }: Made): Promise<void> {
    this.forkClean = forkClean;
    this.#warmup = warmup;
    return template === undefined ? Promise.resolve() : this.#use(template, loaded);
  }

  /** It can have none: nobody tries. */
  refuse(why: ForkClean): void {
    this.forkClean = why;
  }

  /** Spares as many as it is busy. */
  adjust(): void {
    this.#spares?.adjust();
  }

  /** Ends template and spares; instances go on. It can be made anew unless it was retired. */
  drop(): void {
    const [template, spares] = [this.#template, this.#spares];
    this.#template = this.#spares = undefined;
    void spares?.close();
    template?.retire().catch((error: unknown) => this.#log("template not ended", { error }));
  }

  async #make(): Promise<void> {
    const { host, onLog } = this.#given;
    try {
      const made = await makeTemplate(host, this.version, { limitMs: LOAD_LIMIT_MS, onLog: (line) => onLog(this.version, line) });
      await this.adopt(made);
    } catch (error) {
      this.#failed();
      if (error instanceof FnError && error.code !== "INTERNAL") this.forkClean = unloadable(error);
      this.#log("template not made", { error: redactStart(this.version.redact, asFnError(error)) });
    }
  }

  async #use(template: Template, loaded: PeerLoaded): Promise<void> {
    const usage = await template.usage().catch(() => undefined);
    if (this.retired) return void template.destroy().catch(() => undefined);
    this.#memoryBytes = usage?.memoryPeakBytes ?? 0;
    this.#loaded = loaded;
    this.#template = template;
    this.#bornAt = performance.now();
    void template.gone.then((reason) => this.#template === template && this.#lose(reason));
    this.#spares = new Stock({
      of: { function: this.version.record.function, version: this.version.short },
      target: (makeMs) => this.#spareTarget(makeMs),
      make: () => this.#fork(template, (line) => this.#given.onLog(this.version, line)),
      mayRefill: this.#given.mayRefill,
      onFrame: ({ type, payload }) => {
        if (type !== FrameType.log) throw new FrameError("a spare has nothing to say but its log");
        this.#given.onLog(this.version, parsePeer(PeerLog, payload));
      },
      log: this.#given.log,
    });
  }

  /** It is no more: another is made in the background, ever later when they keep ending. */
  #lose(reason: string): void {
    this.drop();
    if (performance.now() - this.#bornAt > LONG_LIFE_MS) this.#failures = 0;
    this.#failed();
    this.#log("template lost", { reason });
    setTimeout(() => {
      this.#retryAt = 0;
      void this.ensure();
    }, refillDelayMs(this.#failures)).unref();
  }

  #failed(): void {
    this.#failures++;
    this.#retryAt = performance.now() + refillDelayMs(this.#failures);
  }

  #spareTarget(makeMs: number): number {
    const { maxSpares: most } = this.#given;
    return spareTarget({ startsPerSecond: this.worth.perSecond, makeMs, retired: this.retired, most });
  }

  async #fork(template: Template, onLog: (line: PeerLog) => void): Promise<Forked> {
    const { limits, hostname } = this.version;
    const created = template.createForked({ limits, hostname });
    const late = () => new Error("the template does not answer");
    const given = await deadlined(created, FORK_MS, late).catch((error: unknown) => {
      created.then(({ sandbox }) => sandbox.destroy()).catch(() => undefined);
      throw error;
    });
    return Forked.welcome(given, this.#given.services, { onLog, tenant: tenantOfVersion(this.version) });
  }

  #log(what: string, more: object): void {
    this.#given.log.warn(what, { function: this.version.record.function, version: this.version.short, ...more });
  }
}
