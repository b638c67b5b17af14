import type { LogEntry } from "@zygo/store";

/** Most that waits for the store, a function: lines, and characters of them. */
const MAX_LINES = 2_000;
const MAX_CHARS = 1024 * 1024;
const MAX_FIELDS_CHARS = 16 * 1024;

/** A function's lines that the store does not have yet. What does not fit is dropped and counted: the count becomes a line of its own. */
export class LineQueue {
  #lines: LogEntry[] = [];
  #chars = 0;
  #dropped = 0;

  get length(): number {
    return this.#lines.length;
  }

  push(line: LogEntry): void {
    const fieldsChars = line.fields === undefined ? 0 : JSON.stringify(line.fields).length;
    const kept = fieldsChars > MAX_FIELDS_CHARS ? { ...line, fields: { dropped: `${fieldsChars} characters of fields` } } : line;
    const chars = line.message.length + Math.min(fieldsChars, MAX_FIELDS_CHARS);
    if (this.#lines.length >= MAX_LINES || this.#chars + chars > MAX_CHARS) {
      this.#dropped++;
      return;
    }
    this.#chars += chars;
    this.#lines.push(kept);
  }

  /** Empties it. */
  drain(): LogEntry[] {
    const lines = this.#lines;
    const last = lines.at(-1);
    if (this.#dropped > 0 && last !== undefined) {
      lines.push({
        time: last.time,
        level: "warn",
        requestId: null,
        version: last.version,
        message: `${this.#dropped} log lines were dropped: too many at once`,
      });
    }
    this.#lines = [];
    this.#chars = 0;
    this.#dropped = 0;
    return lines;
  }
}
