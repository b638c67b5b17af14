import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { homePaths } from "@zygo/contracts";
import { startPlatform, type Platform } from "@zygo/testkit";
import { addressOf, Connection } from "../connection.ts";
import { memoryOf, type Moment } from "./rss.ts";

const LOOK_MS = 500;
const SENDERS = 64;
/** Nothing settled for so long: it hangs, milliseconds. */
const STUCK_MS = 30_000;
const ASYNC = "prefer: respond-async\r\n";

export interface Drain {
  jobs: number;
  /** Accepted within, milliseconds; they are run meanwhile, but slower. */
  acceptMs: number;
  drainMs: number;
  /** The most that waited at one time. */
  waited: number;
  curve: Moment[];
}

/** Has jobs of a function that answers at once accepted as fast as it goes, and watches them being run to the last. @throws Error when nothing moves any more */
export async function measureDrain(jobs: number, onMoment: (moment: Moment) => void): Promise<Drain> {
  const platform = await startPlatform({ env: { FN_SPARES: "2", FN_KEEP_INVOCATIONS: String(2 * jobs) } });
  try {
    await platform.deploy(join(import.meta.dirname, "functions/tick.ts"));
    return await drain(platform, jobs, onMoment);
  } finally {
    await platform.stop();
  }
}

async function drain(platform: Platform, jobs: number, onMoment: (moment: Moment) => void): Promise<Drain> {
  const startedAt = performance.now();
  let accepted = 0;
  const filled = fill(platform, jobs, () => accepted++).then(() => performance.now() - startedAt);
  const curve: Moment[] = [];
  let waited = 0;
  for (let [settled, movedAt] = [0, performance.now()]; settled < jobs; await sleep(LOOK_MS)) {
    const now = await settledIn(platform);
    if (now > settled) movedAt = performance.now();
    else if (performance.now() - movedAt > STUCK_MS) throw new Error(`${now} of ${jobs} jobs were settled, and no more`);
    settled = now;
    waited = Math.max(waited, accepted - settled);
    const moment = { atMs: performance.now() - startedAt, settled, ...memoryOf(platform) };
    curve.push(moment);
    onMoment(moment);
  }
  return { jobs, acceptMs: await filled, drainMs: performance.now() - startedAt, waited, curve };
}

async function fill(platform: Platform, jobs: number, onAccepted: () => void): Promise<void> {
  let left = jobs;
  const send = async (): Promise<void> => {
    const connection = new Connection(addressOf(platform.url));
    while (left-- > 0) {
      const { answer } = await connection.ask("/fn/tick/", ASYNC);
      if (answer.status !== 202) throw new Error(`a job was answered with ${answer.status}`);
      onAccepted();
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
}

async function settledIn(platform: Platform): Promise<number> {
  const { stdout } = await promisify(execFile)("redis-cli", ["-s", homePaths(platform.home).jobsRedisSocket, "zcard", "fn:settled"]);
  return Number(stdout);
}
