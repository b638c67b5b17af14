import { hash } from "node:crypto";
import { identify, KeyUses, type AccessListener, type Identity, type KeySource } from "@zygo/store";

/** What keys are read from. Port of `Store` in `packages/store`. */
export interface KeyStore extends KeySource {
  touchApiKey(id: string, atMs: number): Promise<void>;
  onAccessChanged(listener: AccessListener): () => void;
}

/** Keys, good and bad, that are remembered before all are forgotten: a bound against made-up ones. */
const MOST_KEYS = 10_000;

/** Whom keys speak for, remembered by their hashes until the store tells that keys or tenants changed: a revoked one ends at once. */
export class Keyring {
  readonly #store: KeyStore;
  readonly #known = new Map<string, Identity | null>();
  readonly #uses: KeyUses;
  #generation = 0;

  constructor(store: KeyStore) {
    this.#store = store;
    this.#uses = new KeyUses((id, atMs) => store.touchApiKey(id, atMs));
    store.onAccessChanged((changed) => {
      if (changed?.startsWith("secrets ") === true) return;
      this.#generation++;
      this.#known.clear();
      this.#uses.forget();
    });
  }

  /** Null: it is not known; undefined: it has to be resolved. Its expiry is the caller's to check. */
  remembered(key: string): Identity | null | undefined {
    const identity = this.#known.get(digest(key));
    if (identity) this.#uses.note(identity, Date.now());
    return identity;
  }

  /** Null: it is not known. @throws FnError QUEUE_UNAVAILABLE */
  async find(key: string): Promise<Identity | null> {
    const known = this.remembered(key);
    return known === undefined ? this.resolve(key) : known;
  }

  /** @throws FnError QUEUE_UNAVAILABLE */
  async resolve(key: string): Promise<Identity | null> {
    const generation = this.#generation;
    const identity = await identify(this.#store, key, Date.now());
    if (generation === this.#generation) {
      if (this.#known.size >= MOST_KEYS) this.#known.clear();
      this.#known.set(digest(key), identity);
    }
    if (identity !== null) this.#uses.note(identity, Date.now());
    return identity;
  }
}

const digest = (key: string): string => hash("sha256", key, "base64");
