import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@zygo/contracts";
import { CHECKOUT, example } from "../checkout.ts";
import { startPlatform, type Platform } from "../platform.ts";
import { Witness } from "./witness.ts";

const FUNCTION = "witnessed";
/** Room for the append-only file of many rounds; what fills it is soon written. */
const DISK = "64m";

/** Each new instance comes out of the pool: an overlay hides the witness's socket. */
const POOL = "12";

/** Two gateways, two workers, a Redis whose disk can fill up, clocks that can jump, and the function that tells what it does. */
export class Stage {
  readonly platform: Platform;
  readonly witness = new Witness();
  #edition = 0;
  #previous = "";
  #live = "";

  static async open(): Promise<Stage> {
    const platform = await startPlatform({
      env: { FN_GATEWAYS: "2", FN_WORKERS: "2", FN_POOL_SIZE: POOL, NODE_OPTIONS: `--import=${join(import.meta.dirname, "clock.mjs")}` },
      prepare: (home) => {
        writeFileSync(clockOf(home), "0");
        for (const disk of disksOf(home)) {
          mkdirSync(disk, { recursive: true });
          execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK},mode=700`, "tmpfs", disk]);
        }
        return { ZYGO_CLOCK: clockOf(home) };
      },
      release: (home) => execFileSync("umount", ["--lazy", ...disksOf(home)]),
    });
    const stage = new Stage(platform);
    try {
      await stage.deploy();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  private constructor(platform: Platform) {
    this.platform = platform;
  }

  /** Holds by how many milliseconds the services' clocks are off. */
  get clockFile(): string {
    return clockOf(this.home);
  }

  get home(): string {
    return this.platform.home;
  }

  get supervisor(): number {
    return this.platform.supervisor.pid;
  }

  get url(): string {
    return this.platform.at(FUNCTION);
  }

  /** A new version, of another edition. What cannot be deployed amid other faults is no fault of its own. */
  async deploy(): Promise<void> {
    const edition = `edition-${++this.#edition}`;
    const done = await this.platform.fn(["deploy", example(`hostile/${FUNCTION}`), "--env", `EDITION=${edition}`, "--json"], {
      cwd: CHECKOUT,
    });
    if (done.code !== 0 && this.#edition > 1) return;
    if (done.code !== 0) throw new Error(`${FUNCTION} does not deploy: ${done.stderr}${done.stdout}`);
    await this.#placeWitness();
    const { live } = await this.platform.client.get(FUNCTION);
    [this.#previous, this.#live] = [this.#live, live.version];
  }

  async rollBack(): Promise<void> {
    await this.deploy();
    if (this.#previous === "") return;
    await this.platform.client.moveAlias(FUNCTION, "live", this.#previous).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.witness.close();
    await this.platform.stop();
  }

  /** In every layer that there is. */
  async #placeWitness(): Promise<void> {
    for (const app of globSync(join(homePaths(this.home).layers, "*", "app"))) await this.witness.listen(join(app, "witness.sock"));
  }
}

/** Where the append-only files are. */
function disksOf(home: string): string[] {
  const { redisData, jobsRedisData } = homePaths(home);
  return [redisData, jobsRedisData];
}

const clockOf = (home: string): string => join(home, "clock");
