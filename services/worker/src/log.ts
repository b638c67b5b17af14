import { writeSync } from "node:fs";

const LEVELS = { debug: 10, info: 20, warn: 30, error: 40 } as const;
export type Level = keyof typeof LEVELS;

/** Milliseconds that lines may wait to be written together; a warning or error goes out at once. */
const FLUSH_MS = 20;
const FLUSH_CHARS = 32 * 1024;

export interface Logger {
  debug(msg: string, fields?: Record<string, unknown>): void;
  info(msg: string, fields?: Record<string, unknown>): void;
  warn(msg: string, fields?: Record<string, unknown>): void;
  error(msg: string, fields?: Record<string, unknown>): void;
  /** Writes what waits. For the end of the process. */
  flush(): void;
}

/**
 * One JSON line an event on stdout. Lines are gathered for a few milliseconds, so that an invocation does not cost a write of its own.
 * Never throws: a line that cannot be rendered or written is lost.
 */
export function createLogger(level: Level, write: (text: string) => void = writeStdout): Logger {
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = "";
    if (text !== "") write(text);
  };
  const line = (at: Level, msg: string, fields?: Record<string, unknown>): void => {
    if (LEVELS[at] < LEVELS[level]) return;
    waiting += render(at, msg, fields);
    if (LEVELS[at] >= LEVELS.warn || waiting.length > FLUSH_CHARS) flush();
    else timer ??= setTimeout(flush, FLUSH_MS);
  };
  return {
    debug: (msg, fields) => line("debug", msg, fields),
    info: (msg, fields) => line("info", msg, fields),
    warn: (msg, fields) => line("warn", msg, fields),
    error: (msg, fields) => line("error", msg, fields),
    flush,
  };
}

function render(level: Level, msg: string, fields?: Record<string, unknown>): string {
  try {
    return `${JSON.stringify({ time: new Date().toISOString(), level, service: "worker", msg, ...fields }, errorsToo)}\n`;
  } catch {
    return `${JSON.stringify({ time: new Date().toISOString(), level, service: "worker", msg, fields: "not renderable" })}\n`;
  }
}

function errorsToo(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}

function writeStdout(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    // A full or closed pipe loses lines: the platform goes on.
  }
}
