import { Connection, type Address } from "./connection.ts";
import { startKind } from "./server-timing.ts";

/** A target of requests. */
export interface Target {
  address: Address;
  /** Read anew for each request. */
  readonly path: string;
}

export interface Load {
  connections: number;
  /** Ends when this many were asked, or the time is over, whichever is set. */
  requests?: number;
  durationMs?: number;
}

export interface Loaded {
  done: number;
  /** Requests without an answer, or with another status than 200. */
  errors: number;
  elapsedMs: number;
  firstByteMs: number[];
  /** Start kind → answers, those of the platform alone. */
  kinds: Record<string, number>;
}

/** Keeps each connection asking, one request at a time (a closed loop: who waits does not ask). A connection that breaks is opened anew. */
export async function load(
  target: Target,
  { connections, requests = Infinity, durationMs = Infinity }: Load,
  signal: AbortSignal,
): Promise<Loaded> {
  const startedAt = performance.now();
  const loaded: Loaded = { done: 0, errors: 0, elapsedMs: 0, firstByteMs: [], kinds: {} };
  let asked = 0;
  const mayAsk = (): boolean => asked < requests && performance.now() - startedAt < durationMs && !signal.aborted;
  const keepAsking = async (): Promise<void> => {
    let connection = new Connection(target.address);
    while (mayAsk()) {
      asked++;
      const isWhole = await askInto(loaded, connection, target.path);
      if (isWhole) continue;
      connection.close();
      connection = new Connection(target.address);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, keepAsking));
  signal.throwIfAborted();
  return { ...loaded, elapsedMs: performance.now() - startedAt };
}

/** @returns whether the connection can go on */
async function askInto(loaded: Loaded, connection: Connection, path: string): Promise<boolean> {
  const timed = await connection.ask(path).catch(() => undefined);
  if (timed?.answer.status !== 200) loaded.errors++;
  if (timed === undefined) return false;
  loaded.done++;
  loaded.firstByteMs.push(timed.firstByteMs);
  const kind = startKind(timed.answer);
  if (kind !== "unknown") loaded.kinds[kind] = (loaded.kinds[kind] ?? 0) + 1;
  return true;
}
