import { write, writeSync } from "node:fs";

const STDOUT = 1;

/** Text that may wait for a reader that is slow, characters; what comes beyond it is lost. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Where rendered lines go. */
export interface LogSink {
  write(text: string): void;
  /** Writes what waits, at once. For the end of the process. */
  flush(): void;
}

/**
 * Standard output, written to by a thread of the pool, one write at a time: a pipe whose reader hangs blocks whoever writes to it, and
 * that must not be the event loop. Never throws; a closed pipe loses lines.
 */
export function stdoutSink(service: string): LogSink {
  let waiting = "";
  let lost = 0;
  let busy = false;
  const pump = (): void => {
    busy = waiting !== "";
    if (!busy) return;
    const text = waiting;
    waiting = "";
    write(STDOUT, text, pump);
  };
  return {
    write(text) {
      if (waiting.length > MOST_WAITING) return void lost++;
      if (lost > 0) waiting += lostLine(service, lost);
      lost = 0;
      waiting += text;
      if (!busy) pump();
    },
    flush() {
      try {
        writeSync(STDOUT, waiting);
      } catch {
        // Nobody reads any more.
      }
      waiting = "";
    },
  };
}

const lostLine = (service: string, writes: number): string =>
  `${JSON.stringify({ time: new Date().toISOString(), level: "warn", service, msg: "log lines lost: nobody read them", writes })}\n`;
