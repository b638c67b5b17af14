import { FnError, type Quotas, type VersionRecord } from "@zygo/contracts";
import { localName, tenantOf } from "@zygo/contracts/names";
import { isExpired, mayDo, QuotaCache, type Identity, type QuotaSource } from "@zygo/store";
import type { Facts } from "./facts.ts";
import { Keyring, type KeyStore } from "./keyring.ts";
import { RateLimits, type RateStore } from "./rate-limits.ts";
import type { SeenRequest } from "./request-headers.ts";

export type AccessStore = KeyStore & QuotaSource & RateStore;

/** Who may invoke: anyone, or holders of a key. */
export type Auth = "public" | "key";

/** What is noted of how the tenant is paced. */
type Paced = Pick<Facts, "rateLimit">;
type Seen = Pick<SeenRequest, "key" | "caller">;

/** What stands between a request and its function: the key, the tenant's quotas, its rate. */
export class Gate {
  readonly #keyring: Keyring;
  readonly #quotas: QuotaCache;
  readonly #rates: RateLimits;
  readonly #defaultAuth: Auth;

  /** @param defaultAuth of functions whose config says nothing. */
  constructor(store: AccessStore, defaultAuth: Auth) {
    this.#keyring = new Keyring(store);
    this.#quotas = new QuotaCache(store);
    this.#rates = new RateLimits(store);
    this.#defaultAuth = defaultAuth;
  }

  takesKey({ limits }: VersionRecord): boolean {
    return (limits.auth ?? this.#defaultAuth) === "key";
  }

  /**
   * Whether a caller who got this far may see what the invocation took. Not strangers in an installation where functions need keys by
   * default: processor time to the microsecond tells of what a public function keeps secret.
   */
  showsReceipts(version: VersionRecord): boolean {
    return this.#defaultAuth === "public" || this.takesKey(version);
  }

  /**
   * The tenant's quotas when the request may go on; a promise of them when something has to be asked first.
   * @throws FnError, at once or by the promise: UNAUTHENTICATED, FORBIDDEN, FUNCTION_NOT_FOUND, RATE_LIMITED, QUEUE_UNAVAILABLE
   */
  pass(version: VersionRecord, seen: Seen, facts: Paced): Quotas | Promise<Quotas> {
    const tenant = tenantOf(version.function);
    const asker = this.#asker(version, seen);
    const quotas = this.#quotas.remembered(tenant);
    if (asker instanceof Promise || quotas === undefined) return this.#passSlowly(version, asker, facts);
    if (asker !== undefined) allow(asker, version);
    const paced = this.#rates.take(tenant, quotas);
    return paced === undefined ? quotas : noted(paced, quotas, facts);
  }

  /** Of the tenant of a function. @throws FnError FUNCTION_NOT_FOUND when it is gone, QUEUE_UNAVAILABLE */
  async quotasOf(id: string): Promise<Quotas> {
    const tenant = tenantOf(id);
    const quotas = this.#quotas.remembered(tenant) ?? (await this.#quotas.resolve(tenant));
    if (quotas === null) throw noFunction(id);
    return quotas;
  }

  /** For `/metrics` and the like: whether the key is the operator's. */
  async isOperator(key: string): Promise<boolean> {
    return (await this.#keyring.find(key))?.operator === true;
  }

  /** What a caller is told who asked for what there is not: where functions need keys, a stranger does not learn which there are. */
  async hidden(error: FnError, id: string, key: string | null): Promise<FnError> {
    if (this.#defaultAuth === "public" || ERRORS_THAT_TELL.every((code) => code !== error.code)) return error;
    const identity = key === null ? null : await this.#keyring.find(key);
    if (identity === null || isExpired(identity, Date.now())) return unauthenticated(key);
    return identity.operator || identity.tenant === tenantOf(id) ? error : noFunction(id);
  }

  async #passSlowly(version: VersionRecord, asker: Identity | null | undefined | Promise<Identity | null>, facts: Paced): Promise<Quotas> {
    const tenant = tenantOf(version.function);
    const identity = await asker;
    if (identity !== undefined) allow(identity, version);
    const quotas = this.#quotas.remembered(tenant) ?? (await this.#quotas.resolve(tenant));
    if (quotas === null) throw noFunction(version.function);
    const paced = this.#rates.take(tenant, quotas);
    return paced === undefined ? quotas : noted(paced, quotas, facts);
  }

  /** Undefined: no key is needed. */
  #asker(version: VersionRecord, { key, caller }: Seen): Identity | null | undefined | Promise<Identity | null> {
    if (caller !== null) {
      if (tenantOf(caller.function) !== tenantOf(version.function)) throw noFunction(version.function);
      return undefined;
    }
    if (!this.takesKey(version)) return undefined;
    if (key === null) throw unauthenticated(key);
    const known = this.#keyring.remembered(key);
    return known === undefined ? this.#keyring.resolve(key) : known;
  }
}

const ERRORS_THAT_TELL = ["FUNCTION_NOT_FOUND", "VERSION_NOT_FOUND", "INVALID_REQUEST"] as const;

function allow(identity: Identity | null, { function: id }: VersionRecord): void {
  if (identity === null || isExpired(identity, Date.now())) throw unauthenticated("");
  if (!identity.operator && identity.tenant !== tenantOf(id)) throw noFunction(id);
  if (!mayDo(identity, "invoke")) {
    const detail = `This needs a key with the scope 'invoke'; this one has ${identity.scopes.join(", ")}`;
    throw new FnError("FORBIDDEN", detail, { extra: { needs: "invoke" } });
  }
  if (identity.functions !== null && !identity.functions.includes(localName(id)))
    throw new FnError("FORBIDDEN", `This key is for ${identity.functions.join(", ")} alone`);
}

async function noted(paced: Promise<string>, quotas: Quotas, facts: Paced): Promise<Quotas> {
  facts.rateLimit = await paced;
  return quotas;
}

/** The words of `Routes`, so that a function of another tenant looks like one that there is not. */
const noFunction = (id: string): FnError => new FnError("FUNCTION_NOT_FOUND", `There is no function ${JSON.stringify(id.slice(0, 64))}.`);

function unauthenticated(key: string | null): FnError {
  const detail =
    key === null
      ? "This function needs an API key: `Authorization: Bearer <key>`, or `x-fn-key: <key>`."
      : "The API key is not known here: it is wrong, was revoked or has expired.";
  return new FnError("UNAUTHENTICATED", detail, { headers: { "www-authenticate": "Bearer" } });
}
