/**
 * Whose turn it is, when functions of several tenants have work: the tenant with the least that runs, among equals the one that was
 * served longest ago; within it the same among its functions. So a tenant with a flood of work gets what others leave, and no more.
 */
export class FairTurns {
  readonly #tenantOf: (name: string) => string;
  readonly #running = new Map<string, number>();
  /** Turn at which a tenant or a function was served last. */
  readonly #served = new Map<string, number>();
  #turn = 0;

  constructor(tenantOf: (name: string) => string) {
    this.#tenantOf = tenantOf;
  }

  /** The function that is next among those that have work; undefined when there are none. It counts as served. */
  next(names: Iterable<string>): string | undefined {
    let best: string | undefined;
    for (const name of names) if (best === undefined || this.#before(name, best)) best = name;
    if (best === undefined) return undefined;
    this.#turn++;
    this.#served.set(best, this.#turn);
    this.#served.set(this.#tenantKey(best), this.#turn);
    return best;
  }

  begin(name: string): void {
    for (const key of [name, this.#tenantKey(name)]) this.#running.set(key, this.#count(key) + 1);
  }

  end(name: string): void {
    for (const key of [name, this.#tenantKey(name)]) {
      if (this.#count(key) > 1) this.#running.set(key, this.#count(key) - 1);
      else this.#running.delete(key);
    }
  }

  /** Lets go of functions that have neither work nor anything that runs. */
  forget(name: string): void {
    if (!this.#running.has(name)) this.#served.delete(name);
  }

  #before(a: string, b: string): boolean {
    const [tenantA, tenantB] = [this.#tenantKey(a), this.#tenantKey(b)];
    if (tenantA !== tenantB) return this.#compare(tenantA, tenantB) < 0;
    return this.#compare(a, b) < 0;
  }

  #compare(a: string, b: string): number {
    return this.#count(a) - this.#count(b) || (this.#served.get(a) ?? 0) - (this.#served.get(b) ?? 0);
  }

  /** A space is in no function's id. */
  #tenantKey(name: string): string {
    return `tenant ${this.#tenantOf(name)}`;
  }

  #count(key: string): number {
    return this.#running.get(key) ?? 0;
  }
}
