import { totalmem } from "node:os";
import { performance } from "node:perf_hooks";
import { templateBudgetBytes, templatesToDrop } from "@zygo/core";
import { availableMemory } from "./memory.ts";
import type { Made } from "./template-maker.ts";
import { VersionTemplate, type TemplateGiven } from "./version-template.ts";
import type { ReadyVersion } from "./versions.ts";

/** Memory is looked at this often, milliseconds. */
const LOOK_MS = 1_000;

/** How a version stands with templates on this worker. */
export interface TemplateView {
  function: string;
  version: string;
  state: "ready" | "making" | "none" | "unfit";
  reasons: string[];
  memoryBytes: number;
  /** Host pid of its process. */
  pid?: number;
  spares: number;
}

/** The templates of this worker, one a version at most, within what memory allows. */
export class Templates {
  readonly #given: TemplateGiven;
  readonly #all = new Map<string, VersionTemplate>();
  #lookedAt = 0;

  constructor(given: TemplateGiven) {
    this.#given = given;
  }

  /** That of a version, made or not. Undefined: the version has templates turned off. */
  of(version: ReadyVersion): VersionTemplate | undefined {
    const { function: name, version: digest, limits } = version.record;
    if (!limits.template) return undefined;
    const known = this.#all.get(key(name, digest));
    if (known?.isOf(version) === true) return known;
    known?.drop();
    return this.#add(version);
  }

  /** Keeps what the probe of a deploy has made, for the version that it becomes. */
  async keep(version: ReadyVersion, made: Made): Promise<void> {
    const { function: name, version: digest } = version.record;
    this.#all.get(key(name, digest))?.drop();
    await this.#add(version).adopt(made);
  }

  /** Only these versions of the function are pointed to: the templates of the others go, for good. */
  retire(name: string, pointed: ReadonlySet<string>): void {
    for (const [at, template] of this.#all) {
      const { record } = template.version;
      if (record.function !== name || pointed.has(record.version)) continue;
      template.retired = true;
      template.drop();
      this.#all.delete(at);
    }
  }

  get functions(): Iterable<string> {
    return [...this.#all.values()].map(({ version }) => version.record.function);
  }

  /** Drops what memory has no room for, the least valuable first; ends spares of versions that have become quiet. */
  sweep(now = performance.now()): void {
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    const ready = [...this.#all.values()].filter((template) => template.ready);
    for (const template of ready) template.adjust();
    const worths = ready.map((template) => ({ ...template.worth, template }));
    const heldBytes = worths.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    const budget = templateBudgetBytes({ heldBytes, availableBytes: availableMemory(), totalBytes: totalmem() });
    for (const { template, memoryBytes } of templatesToDrop(worths, budget)) {
      const { record, short } = template.version;
      this.#given.log.info("template dropped: memory is short", { function: record.function, version: short, memoryBytes });
      template.drop();
    }
  }

  list(): TemplateView[] {
    return [...this.#all.values()].map((template) => ({
      function: template.version.record.function,
      version: template.version.short,
      state: template.ready ? "ready" : template.making ? "making" : template.forkClean?.ok === false ? "unfit" : "none",
      reasons: template.forkClean?.reasons ?? [],
      memoryBytes: template.ready ? template.worth.memoryBytes : 0,
      ...(template.pid === undefined ? {} : { pid: template.pid }),
      spares: template.spares,
    }));
  }

  close(): void {
    for (const template of this.#all.values()) {
      template.retired = true;
      template.drop();
    }
    this.#all.clear();
  }

  #add(version: ReadyVersion): VersionTemplate {
    const template = new VersionTemplate(version, this.#given);
    this.#all.set(key(version.record.function, version.record.version), template);
    return template;
  }
}

const key = (name: string, digest: string): string => `${name}@${digest}`;
