import { writeSync } from "node:fs";

const RANK = { debug: 10, info: 20, warn: 30, error: 40 } as const;
export type Level = keyof typeof RANK;
type Fields = Record<string, unknown>;

export type Log = Record<Level, (msg: string, fields?: Fields) => void>;

/** One JSON line an event on stdout. Never throws: a line that cannot be rendered or written is lost. */
export function createLog(level: Level, write: (text: string) => void = writeStdout): Log {
  const line =
    (at: Level) =>
    (msg: string, fields?: Fields): void => {
      if (RANK[at] >= RANK[level]) write(render(at, msg, fields));
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

function render(level: Level, msg: string, fields?: Fields): string {
  const first = { time: new Date().toISOString(), level, service: "control", msg };
  try {
    return `${JSON.stringify({ ...first, ...fields }, errorsToo)}\n`;
  } catch {
    return `${JSON.stringify({ ...first, fields: "not renderable" })}\n`;
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
    // A full or closed pipe loses lines: the service goes on.
  }
}
