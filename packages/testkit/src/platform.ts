import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createClient, type Client } from "@zygo/client";
import { DeployResult, homePaths, RUNTIMES } from "@zygo/contracts";
import { z } from "zod";
import { CHECKOUT, PINNED_NODE } from "./checkout.ts";
import { freePort } from "./free-port.ts";
import { listInstances, type InstanceView, type TemplateView } from "./instances.ts";
import { cgroupsNamed, held, steady, type Held } from "./leaks.ts";
import { processesNaming } from "./processes.ts";
import { run, type Outcome, type RunOptions } from "./run.ts";
import { servicePids, zygotePids, type ServicePids } from "./service-pids.ts";
import { Supervisor } from "./supervisor.ts";
import { waitFor } from "./wait-for.ts";

const FN = join(CHECKOUT, "packages/cli/bin/fn.mjs");

export interface PlatformOptions {
  /** More variables, such as FN_POOL_SIZE. Spares come and go with time, so there are none unless FN_SPARES says so. */
  env?: Record<string, string>;
  /** Deploy the examples in `functions/`, as `npm start` does. */
  examples?: boolean;
  /** Called with the fresh FN_HOME before anything starts; gives more variables. */
  prepare?: (home: string) => Record<string, string>;
  /** Undoes it, once everything has ended. */
  release?: (home: string) => void;
  /** The network namespace that is its host, by path; default: this process's own. */
  network?: string;
  /** Where this process reaches the gateway, when its host is another one. */
  address?: string;
}

/** A deploy's answer, as `fn deploy --json` prints it. */
export const Deployed = DeployResult.extend({ bundleMs: z.number(), totalMs: z.number(), warnings: z.array(z.string()) });
export type Deployed = z.infer<typeof Deployed>;

const Credentials = z.object({ url: z.string(), apiKey: z.string() });

/**
 * A whole platform, every part real, on a fresh FN_HOME and a free port.
 * @throws Error with the ends of the services' logs when it does not get ready; nothing is left behind then.
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const { env = {}, examples = false, network, address, prepare, release = () => undefined } = options;
  const home = mkdtempSync("/tmp/fn-e2e-");
  const port = String(await freePort());
  const variables = { FN_PORT: port, FN_SPARES: "0", ...env, ...prepare?.(home) };
  const supervisor = new Supervisor(home, examples ? [] : ["--no-examples"], variables, entering(network));
  try {
    await supervisor.ready();
    return new Platform(home, supervisor, { release, enter: entering(network), address });
  } catch (error) {
    await supervisor.stop();
    release(home);
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

/** A platform that runs, and what tests ask of it from outside. */
export class Platform {
  readonly home: string;
  readonly url: string;
  readonly apiKey: string;
  readonly client: Client;
  readonly supervisor: Supervisor;
  /** Its cgroups hold this in their names. */
  readonly cgroupName: string;
  readonly #enter: readonly string[];

  readonly #release: (home: string) => void;

  constructor(
    home: string,
    supervisor: Supervisor,
    given: { release: (home: string) => void; enter: readonly string[]; address: string | undefined },
  ) {
    this.#release = given.release;
    this.home = home;
    this.#enter = given.enter;
    this.supervisor = supervisor;
    this.cgroupName = `zygo-${createHash("sha256").update(home).digest("hex").slice(0, 12)}`;
    const { url, apiKey } = Credentials.parse(JSON.parse(readFileSync(homePaths(home).credentials, "utf8")));
    this.url = given.address === undefined ? url : url.replace("127.0.0.1", given.address);
    this.apiKey = apiKey;
    this.client = createClient({ url: this.url, apiKey });
  }

  /** The URL of a function and of a path of it: `at("hello/x?y")`. */
  at(target: string): string {
    return `${this.url}/fn/${target}`;
  }

  /** The `fn` command, with this platform's home. */
  fn(args: string[], options: Partial<RunOptions> = {}): Promise<Outcome> {
    const { PATH } = process.env;
    return run([...this.#enter, PINNED_NODE, FN, ...args], {
      cwd: CHECKOUT,
      ...options,
      env: { PATH, FN_HOME: this.home, ...options.env },
    });
  }

  /** `fn deploy <file> <flags> --json`. @throws Error with what the command said */
  async deploy(file: string, ...flags: string[]): Promise<Deployed> {
    return Deployed.parse(await this.#deploy([file, ...flags]));
  }

  /** Two files or more in one command, each under its own name. @throws Error with what the command said */
  async deployAll(files: string[]): Promise<Deployed[]> {
    return z.array(Deployed).parse(await this.#deploy(files));
  }

  async instances(): Promise<InstanceView[]> {
    return (await listInstances(homePaths(this.home).workerSocket)).instances;
  }

  /** Replaces every gateway and worker by a new one, under whatever load there is. @throws Error when one did not start */
  async replaceServices(): Promise<void> {
    const rounds = (): number => this.supervisor.stderr.split("gateways and workers are replaced").length;
    const before = rounds();
    process.kill(this.supervisor.pid, "SIGUSR2");
    await waitFor("new gateways and workers", () => rounds() > before || this.supervisor.stderr.includes("not replaced"), 90_000);
    if (rounds() === before) throw new Error(this.supervisor.stderr);
  }

  async templates(): Promise<TemplateView[]> {
    return (await listInstances(homePaths(this.home).workerSocket)).templates;
  }

  pids(): ServicePids {
    return servicePids(this.supervisor.pid);
  }

  /** What the worker, its launcher and all their sandboxes hold. @throws Error when there is no worker */
  held(): Held {
    const { worker } = this.pids();
    if (worker === undefined) throw new Error(`no worker runs:\n${this.supervisor.stderr}`);
    return held(worker, this.cgroupName);
  }

  /** Waits until all three zygotes and their pools are up and nothing changes any more. */
  async rest(): Promise<Held> {
    await waitFor("a zygote of each runtime", () => RUNTIMES.every((runtime) => zygotePids(this.home, runtime).length > 0), 30_000);
    return steady(() => this.held());
  }

  /** SIGTERM, wait, remove the home. Idempotent. @returns the supervisor's exit code, null when a signal ended it */
  async stop(): Promise<number | null> {
    const code = await this.supervisor.stop();
    for (const { pid } of processesNaming(this.home)) process.kill(pid, "SIGKILL");
    // What a killed platform left in the kernel is cleared by the next one on its home; there is none. The innermost first.
    for (const path of cgroupsNamed(this.cgroupName).toReversed()) rmdirSync(path);
    if (existsSync(this.home)) this.#release(this.home);
    rmSync(this.home, { recursive: true, force: true });
    return code;
  }

  async #deploy(args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.fn(["deploy", ...args, "--json"]);
    if (code !== 0) throw new Error(`fn deploy ${args.join(" ")} exits with ${code}: ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }
}

/** Runs what follows in that network namespace. */
const entering = (network: string | undefined): string[] => (network === undefined ? [] : ["nsenter", `--net=${network}`]);
