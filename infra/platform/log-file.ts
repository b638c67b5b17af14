import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from "node:fs";

const MAX_BYTES = 20 * 1024 * 1024;
const MAX_TAIL_BYTES = 8 * 1024;

/** A service's log. The service writes to the descriptor itself, so that nothing is lost when the supervisor is killed. */
export class LogFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens it to append. One that has grown past MAX_BYTES becomes `<path>.1` first, in place of an older one.
   *
   * @returns the descriptor (the caller closes it) and where new lines begin
   */
  open(): { fd: number; start: number } {
    if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(this.path, `${this.path}.1`);
    const fd = openSync(this.path, "a", 0o600);
    return { fd, start: fstatSync(fd).size };
  }

  /** What was written since `start`, its end if that is long. */
  since(start: number): string {
    const fd = openSync(this.path, "r");
    try {
      const end = fstatSync(fd).size;
      const from = Math.max(start, end - MAX_TAIL_BYTES);
      const buffer = Buffer.alloc(Math.max(0, end - from));
      return buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.length, from));
    } finally {
      closeSync(fd);
    }
  }
}
