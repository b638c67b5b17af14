import { startPlatform, type Platform } from "@zygo/testkit";
import type { Plan } from "./plan.ts";

/** A platform as a section wants it. */
export interface PlatformSpec {
  name: string;
  env(plan: Plan): Record<string, string>;
  /** Its sections leave much behind that the next one would meet: started anew for each. */
  fresh?: true;
}

/** As it comes, but without spares: a start is `pool`, or `template` where the version has one. */
export const PLAIN: PlatformSpec = { name: "plain", env: () => ({}) };

/** With spares and without a pool: a start is `spare`, or `cold` where the version has no template. */
export const SPARES: PlatformSpec = { name: "spares", env: () => ({ FN_POOL_SIZE: "0", FN_SPARES: "2" }) };

/** Room for all that one section keeps alive, and some that come and go. */
export function roomy(name: string): PlatformSpec {
  const most = ({ alive, growthAlive }: Plan): number => Math.max(...alive, ...growthAlive);
  return { name, env: (plan) => ({ FN_MAX_INSTANCES: String(most(plan) + 300) }), fresh: true };
}

/** The platforms that run at the moment: those that the next section asks for as well are kept, the others are stopped. */
export class Platforms {
  readonly #running = new Map<string, Platform>();

  /** @throws Error when one does not start; those that did are known, and stopped by `stop` */
  async use(specs: readonly PlatformSpec[], plan: Plan): Promise<Platform[]> {
    const kept = new Set(specs.filter(({ fresh }) => fresh !== true).map(({ name }) => name));
    await this.#stop([...this.#running.keys()].filter((name) => !kept.has(name)));
    // One after the other: what was started is known, whatever comes.
    for (const { name, env } of specs) {
      if (!this.#running.has(name)) this.#running.set(name, await startPlatform({ env: env(plan) }));
    }
    return specs.flatMap(({ name }) => this.#running.get(name) ?? []);
  }

  async stop(): Promise<void> {
    await this.#stop([...this.#running.keys()]);
  }

  async #stop(names: readonly string[]): Promise<void> {
    const stopping = names.flatMap((name) => this.#running.get(name) ?? []);
    for (const name of names) this.#running.delete(name);
    await Promise.all(stopping.map((platform) => platform.stop()));
  }
}
