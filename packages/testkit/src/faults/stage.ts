import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homePaths } from "@zygo/contracts";
import { CHECKOUT, example } from "../checkout.ts";
import { startPlatform, type Platform } from "../platform.ts";
import { TestInternet } from "../test-internet.ts";
import { Witness } from "./witness.ts";

const FUNCTION = "witnessed";
/** Room for the append-only file of many rounds; what fills it is soon written. */
const DISK = "64m";

/** Of the witness, as the function knows it. */
const WITNESS_PORT = 7070;

/** As a platform has it where nothing is said. */
const SPARES = "2";

/** Two gateways, two workers, a Redis whose disk can fill up, clocks that can jump, and the function that tells what it does. */
export class Stage {
  readonly platform: Platform;
  readonly witness: Witness;
  readonly #close: () => Promise<void>;
  #edition = 0;
  #previous = "";
  #live = "";

  static async open(): Promise<Stage> {
    const internet = await TestInternet.start();
    const witness = new Witness();
    const folder = mkdtempSync(join(tmpdir(), "fn-witness-"));
    const close = async (): Promise<void> => {
      witness.close();
      await internet.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      const socket = join(folder, "witness.sock");
      await witness.listen(socket);
      await internet.relay(WITNESS_PORT, socket);
      const stage = new Stage(await startFaulty(internet), witness, close);
      await stage.deploy().catch(async (error: unknown) => {
        await stage.platform.stop();
        throw error;
      });
      return stage;
    } catch (error) {
      await close();
      throw error;
    }
  }

  private constructor(platform: Platform, witness: Witness, close: () => Promise<void>) {
    this.platform = platform;
    this.witness = witness;
    this.#close = close;
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
    const { live } = await this.platform.client.get(FUNCTION);
    [this.#previous, this.#live] = [this.#live, live.version];
  }

  /** Sends messages to the function. @throws when nothing is promised */
  async post(bodies: object[]): Promise<string[]> {
    return await this.platform.client.queues.send(
      FUNCTION,
      bodies.map((body) => ({ body })),
    );
  }

  async rollBack(): Promise<void> {
    await this.deploy();
    if (this.#previous === "") return;
    await this.platform.client.moveAlias(FUNCTION, "live", this.#previous).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.platform.stop();
    await this.#close();
  }
}

/** On a host of its own, so that functions reach the witness by the network that their policy lets them have, and nothing else. */
const startFaulty = (internet: TestInternet): Promise<Platform> =>
  startPlatform({
    network: internet.host,
    address: internet.reachableAddress,
    env: {
      ...{ FN_HOST: "0.0.0.0", FN_GATEWAYS: "2", FN_WORKERS: "2", FN_SPARES: SPARES },
      NODE_OPTIONS: `--import=${join(import.meta.dirname, "clock.mjs")}`,
    },
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

/** Where the append-only files are. */
function disksOf(home: string): string[] {
  const { redisData, jobsRedisData } = homePaths(home);
  return [redisData, jobsRedisData];
}

const clockOf = (home: string): string => join(home, "clock");
