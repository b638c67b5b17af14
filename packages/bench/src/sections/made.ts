import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor, type Platform } from "@zygo/testkit";

const AT_ONCE = 25;
const UP_MS = 240_000;

/** A hello of its own: no two have the same digest, so none shares a version with another. */
export function helloFile(directory: string, name: string, config: object): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.ts`);
  const source = `export default (): Response => new Response(${JSON.stringify(`${name}\n`)});\n`;
  writeFileSync(path, `${source}export const config = ${JSON.stringify(config)};\n`);
  return path;
}

/** Deploys `<prefix><from>` … `<prefix><to - 1>`. @throws the signal's reason; Error with what `fn deploy` said */
export async function deployHellos(
  platform: Platform,
  directory: string,
  { prefix, from, to, config, signal }: { prefix: string; from: number; to: number; config: object; signal: AbortSignal },
): Promise<void> {
  for (let first = from; first < to; first += AT_ONCE) {
    signal.throwIfAborted();
    const count = Math.min(AT_ONCE, to - first);
    await platform.deployAll(Array.from({ length: count }, (_, index) => helloFile(directory, `${prefix}${first + index}`, config)));
  }
}

/** Functions of this many instances each at most: one may not have thousands. */
const EACH = 500;

/** Keeps so many instances more alive, by `minInstances`, and waits until they are. `all`: how many there are then. */
export async function keepAlive(
  platform: Platform,
  directory: string,
  { more, all, signal }: { more: number; all: number; signal: AbortSignal },
): Promise<void> {
  for (let left = more, part = 0; left > 0; left -= EACH, part++) {
    const count = Math.min(EACH, left);
    const config = { minInstances: count, maxInstances: count, idleTimeoutMs: 86_400_000 };
    await platform.deploy(helloFile(directory, `alive-${all}-${part}`, config));
  }
  await waitFor(`${all} instances`, async () => signal.aborted || (await aliveNow(platform)).length >= all, UP_MS);
  signal.throwIfAborted();
}

/** Those of `keepAlive`. */
export const aliveNow = async (platform: Platform) => (await platform.instances()).filter((each) => each.function.startsWith("alive-"));
