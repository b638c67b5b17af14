import { Digest, FnError, FunctionId, LIVE_ALIAS, type FunctionRecord, type VersionRecord } from "@zygo/contracts";

/** What the routes are read from. Port of `Store` in `packages/store`. */
export interface VersionStore {
  find(name: string): Promise<FunctionRecord | null>;
  version(name: string, digest: string): Promise<VersionRecord | null>;
  listVersions(name: string): Promise<VersionRecord[]>;
  /** Calls back with the name of a function that changed, or null when changes may have been missed. */
  onChanged(listener: (name: string | null) => void): () => void;
}

const HEX_PREFIX = /^[0-9a-f]{6,64}$/;
/** References a function may be known by before they are all forgotten: a bound against made-up ones. */
const MOST_REFS = 256;

/**
 * Which version a URL's name and reference mean, remembered until the store tells of a change. What is not found is not remembered.
 * A change that comes while a route is being read keeps that route from being remembered.
 */
export class Routes {
  readonly #store: VersionStore;
  readonly #known = new Map<string, Map<string, VersionRecord>>();
  /** Counts the times that something was forgotten. */
  #generation = 0;

  constructor(store: VersionStore) {
    this.#store = store;
    store.onChanged((name) => this.forget(name));
  }

  /** Undefined: it has to be resolved. */
  remembered(name: string, ref: string | null): VersionRecord | undefined {
    return this.#known.get(name)?.get(ref ?? LIVE_ALIAS);
  }

  /**
   * @param ref alias, digest, its hex, or at least 6 digits of it that fit one version only; null for `live`. An alias comes first.
   * @throws FnError FUNCTION_NOT_FOUND, VERSION_NOT_FOUND, INVALID_REQUEST for digits that fit several, QUEUE_UNAVAILABLE
   */
  async resolve(name: string, ref: string | null): Promise<VersionRecord> {
    const generation = this.#generation;
    const version = await this.#find(name, ref ?? LIVE_ALIAS);
    if (generation === this.#generation) this.#remember(name, ref ?? LIVE_ALIAS, version);
    return version;
  }

  /** One function's routes, or all with null. */
  forget(name: string | null): void {
    this.#generation++;
    if (name === null) this.#known.clear();
    else this.#known.delete(name);
  }

  async #find(name: string, ref: string): Promise<VersionRecord> {
    const found = FunctionId.safeParse(name).success ? await this.#store.find(name) : null;
    if (found === null) throw new FnError("FUNCTION_NOT_FOUND", `There is no function ${JSON.stringify(name.slice(0, 64))}.`);
    const alias = Object.hasOwn(found.aliases, ref) ? found.aliases[ref] : undefined;
    const version = await this.#version(name, alias ?? ref);
    if (version === null)
      throw new FnError("VERSION_NOT_FOUND", `Function ${name} has no version or alias ${JSON.stringify(ref.slice(0, 80))}.`);
    return version;
  }

  async #version(name: string, ref: string): Promise<VersionRecord | null> {
    if (Digest.safeParse(ref).success) return await this.#store.version(name, ref);
    if (!HEX_PREFIX.test(ref)) return null;
    const fitting = (await this.#store.listVersions(name)).filter(({ version }) => version.startsWith(`sha256:${ref}`));
    if (fitting.length > 1) throw new FnError("INVALID_REQUEST", `${ref} is the start of ${fitting.length} versions: give more digits.`);
    return fitting[0] ?? null;
  }

  #remember(name: string, ref: string, version: VersionRecord): void {
    let refs = this.#known.get(name);
    if (refs === undefined || refs.size >= MOST_REFS) this.#known.set(name, (refs = new Map()));
    refs.set(ref, version);
  }
}
