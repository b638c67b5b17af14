import { join } from "node:path";
import { homePaths, type HomePaths } from "@zygo/contracts";
import { ensureCredentials, ensureLinkSecret, ensureSecretsKey, keyHash, makeHome, makeRooms, type Credentials } from "./home.ts";
import { lockHome } from "./home-lock.ts";
import { nodeService } from "./node-service.ts";
import { requireFreePort } from "./port.ts";
import { redisService } from "./redis.ts";
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
  readonly #redis: Service | undefined;
  readonly #control: Service;
  readonly #gateway: Service;
  readonly #worker: Service;

  /** Takes FN_HOME, and makes what is missing in it. @throws StartupError */
  static async prepare(settings: Settings, installation: Installation, report: Report): Promise<Platform> {
    const paths = homePaths(settings.home);
    makeHome(settings.home);
    const lock = lockHome(settings.home);
    makeRooms(paths);
    await requireFreePort(settings.host, settings.port);
    ensureLinkSecret(paths);
    ensureSecretsKey(paths);
    return new Platform(settings, installation, { paths, lock, report });
  }

  private constructor(
    settings: Settings,
    { services }: Installation,
    { paths, lock, report }: { paths: HomePaths; lock: number; report: Report },
  ) {
    this.credentials = ensureCredentials(paths, settings.url);
    const service = (name: keyof typeof GRACE_MS, extra: Record<string, string>): Service => {
      const main = join(services, name, "src", "main.ts");
      const env = { ...settings.forServices, ...extra };
      return new Service(nodeService(paths, lock, { name, main, env, graceMs: GRACE_MS[name] }), report);
    };
    this.#redis = settings.redisUrl === undefined ? new Service(redisService(paths, lock), report) : undefined;
    this.#control = service("control", { FN_ADMIN_KEY_HASH: keyHash(this.credentials.apiKey) });
    this.#gateway = service("gateway", {});
    this.#worker = service("worker", settings.forWorker);
  }

  /** Redis first, since the others need it; those side by side, since each waits for its own Node to start. @throws StartupError */
  async start(): Promise<void> {
    await this.#redis?.start();
    await Promise.all([this.#control, this.#gateway, this.#worker].map((service) => service.start()));
  }

  /** In the order in which work flows, so that none loses what it has accepted. Never fails. */
  async stop(): Promise<void> {
    for (const service of [this.#gateway, this.#worker, this.#control, this.#redis]) await service?.stop();
  }

  kill(): void {
    for (const service of [this.#gateway, this.#worker, this.#control, this.#redis]) service?.kill();
  }
}
