import { write, writeSync } from "node:fs";

/** Text that may wait for a reader that is slow, characters; what comes beyond it is lost. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Where rendered lines go. */
export interface LogSink {
  write(text: string): void;
  /** Writes what waits, at once. For the end of the process. */
  flush(): void;
}

/**
 * A file descriptor, written to by a thread of the pool, one write at a time: a pipe whose reader hangs blocks whoever writes to it, and
 * that must not be the event loop. Never throws; a closed pipe loses lines.
 */
export function createLogSink(fd: number): LogSink {
  let waiting = "";
  let lost = 0;
  let busy = false;
  const pump = (): void => {
    busy = waiting !== "";
    if (!busy) return;
    const text = waiting;
    waiting = "";
    write(fd, text, pump);
  };
  return {
    write(text) {
      if (waiting.length > MOST_WAITING) return void lost++;
      if (lost > 0) waiting += lostLine(lost);
      lost = 0;
      waiting += text;
      if (!busy) pump();
    },
    flush() {
      try {
        writeSync(fd, waiting);
      } catch {
        // Nobody reads any more.
      }
      waiting = "";
    },
  };
}

const lostLine = (writes: number): string =>
  `${JSON.stringify({ time: new Date().toISOString(), level: "warn", service: "gateway", msg: "log lines lost: nobody read them", writes })}\n`;
