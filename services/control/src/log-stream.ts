import { setTimeout as sleep } from "node:timers/promises";
import type { LogLine } from "@zygo/contracts";
import { LOG_START, type Store } from "@zygo/store";

/** A blank line this often, milliseconds: for proxies and clients that take silence for an end. */
const SIGN_OF_LIFE_MS = 15_000;

export interface LogStream {
  name: string;
  /** Sent first. */
  lines: LogLine[];
  /** Position behind which `lines` was read. */
  after: string | undefined;
  /** Go on with what comes, until the reader leaves or the service stops. */
  follow: boolean;
  stopping: AbortSignal;
}

/** NDJSON of a log. Reads from the store only as fast as the reader takes. */
export function logStream(store: Pick<Store, "followLogs">, stream: LogStream, signOfLifeMs = SIGN_OF_LIFE_MS): ReadableStream<Uint8Array> {
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, stream.stopping]);
  const text = render(store, stream, signal, signOfLifeMs);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await text.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      left.abort();
      await text.return();
    },
  });
}

async function* render(
  store: Pick<Store, "followLogs">,
  { name, lines, after, follow }: LogStream,
  signal: AbortSignal,
  signOfLifeMs: number,
): AsyncGenerator<string, void, undefined> {
  // A follower of a silent log learns by a blank line that it listens: else not even the head of the answer would go out.
  if (lines.length > 0) yield lines.map(toText).join("");
  else if (follow) yield "\n";
  if (!follow) return;
  const position = lines.at(-1)?.id ?? after ?? LOG_START;
  for await (const line of orSilence(store.followLogs(name, { after: position, signal }), signOfLifeMs)) {
    yield line === null ? "\n" : toText(line);
  }
}

const toText = (line: LogLine): string => `${JSON.stringify(line)}\n`;

/** What the source yields, and null each time that it has been silent for so long. */
async function* orSilence<T>(source: AsyncGenerator<T, void, undefined>, silenceMs: number): AsyncGenerator<T | null, void, undefined> {
  try {
    let next = source.next();
    for (;;) {
      const result = await within(next, silenceMs);
      if (result === null) {
        yield null;
        continue;
      }
      if (result.done) return;
      yield result.value;
      next = source.next();
    }
  } finally {
    await source.return();
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  const timer = new AbortController();
  try {
    return await Promise.race([promise, sleep(ms, null, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
