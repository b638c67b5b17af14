import { join } from "node:path";
import { homePaths, type HomePaths } from "@zygo/contracts";
import { ensureCredentials, ensureLinkSecret, ensureSecretsKey, keyHash, makeHome, makeRooms, type Credentials } from "./home.ts";
import { lockHome } from "./home-lock.ts";
import { Fleet } from "./fleet.ts";
import { nodeService } from "./node-service.ts";
import { jobsRedis, redisService, stateRedis } from "./redis.ts";
import { Service, type Report } from "./service.ts";
import type { Settings } from "./settings.ts";

/** How long each may take to finish what it has when the platform stops, milliseconds: longer than it allows its work itself. */
const GRACE_MS = { gateway: 35_000, worker: 35_000, control: 10_000 };

/** Where the services' main files are: `<directory>/<name>/src/main.ts`. */
export interface Installation {
  services: string;
}

/** All processes of one FN_HOME. */
export class Platform {
  readonly credentials: Credentials;
  readonly #report: Report;
  /** Empty with a Redis of the operator. */
  readonly #redis: Service[];
  readonly #control: Service;
  readonly #gateways: Fleet;
  readonly #workers: Fleet;
  #replacing: Promise<void> | undefined;

  /** Takes FN_HOME, and makes what is missing in it. @throws StartupError */
  static async prepare(settings: Settings, installation: Installation, report: Report): Promise<Platform> {
    const paths = homePaths(settings.home);
    makeHome(settings.home);
    const lock = lockHome(settings.home);
    makeRooms(paths);
    ensureLinkSecret(paths);
    ensureSecretsKey(paths);
    return new Platform(settings, installation, { paths, lock, report });
  }

  private constructor(
    settings: Settings,
    { services }: Installation,
    { paths, lock, report }: { paths: HomePaths; lock: number; report: Report },
  ) {
    this.#report = report;
    this.credentials = ensureCredentials(paths, settings.url);
    const service = (name: keyof typeof GRACE_MS, extra: Record<string, string>, slot = 0): Service => {
      const main = join(services, name, "src", "main.ts");
      const env = { ...settings.forServices, ...extra, FN_SLOT: String(slot) };
      const listenFd = name === "gateway" ? settings.listenFd : undefined;
      return new Service(nodeService(paths, { name, main, slot, env, graceMs: GRACE_MS[name], lock, listenFd }), report);
    };
    const own = settings.redisUrl === undefined ? [stateRedis(paths), jobsRedis(paths, settings.durability)] : [];
    this.#redis = own.map((place) => new Service(redisService(paths, lock, place), report));
    this.#control = service("control", { FN_ADMIN_KEY_HASH: keyHash(this.credentials.apiKey) });
    this.#gateways = new Fleet(settings.gateways, (slot) => service("gateway", settings.forGateway, slot));
    this.#workers = new Fleet(settings.workers, (slot) => service("worker", settings.forWorker, slot));
  }

  /** Redis first, since the others need it; those side by side, since each waits for its own Node to start. @throws StartupError */
  async start(): Promise<void> {
    await Promise.all(this.#redis.map((service) => service.start()));
    await Promise.all([this.#control, this.#gateways, this.#workers].map((part) => part.start()));
  }

  /**
   * Every gateway, then every worker, is replaced by a new process while the platform serves on. Never fails: what does not start is
   * reported, and the old one stays. Called again meanwhile it waits for the round that is under way.
   */
  replace(): Promise<void> {
    this.#replacing ??= this.#replace().finally(() => (this.#replacing = undefined));
    return this.#replacing;
  }

  /** In the order in which work flows, so that none loses what it has accepted. Never fails. */
  async stop(): Promise<void> {
    for (const part of [this.#gateways, this.#workers, this.#control, ...this.#redis]) await part.stop();
  }

  kill(): void {
    for (const part of [this.#gateways, this.#workers, this.#control, ...this.#redis]) part.kill();
  }

  async #replace(): Promise<void> {
    try {
      this.#report("replacing gateways and workers, one at a time");
      await this.#gateways.replace();
      await this.#workers.replace();
      this.#report("gateways and workers are replaced");
    } catch (error) {
      this.#report(`not replaced: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
