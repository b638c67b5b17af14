import { Console } from "node:console";
import type { LogLevel, LogSink } from "./log-sink.ts";
import { OutputStream } from "./output-stream.ts";

/** Methods whose level is not that of the stream they print to: stdout is info, stderr is error. */
const LEVELS: Record<string, LogLevel> = { debug: "debug", warn: "warn", assert: "warn" };

type Method = (...args: unknown[]) => unknown;

/**
 * Sends `console`, `process.stdout` and `process.stderr` to the sink. Node's own Console formats, so groups, tables, counters and
 * `%s` come out as everywhere; one call is one line of the log, however many line breaks it prints.
 */
export function captureConsole(sink: LogSink): void {
  const methods = levelledMethods(sink);
  for (const name of Object.keys(methods)) (console as unknown as Record<string, Method>)[name] = methods[name]!;
  replaceStream("stdout", new OutputStream(sink, "info", 1));
  replaceStream("stderr", new OutputStream(sink, "error", 2));
  // Node prints its warnings to descriptor 2, which nobody reads.
  process.removeAllListeners("warning");
  process.on("warning", (warning: Error) => sink.write("warn", `${warning.name}: ${warning.message}`));
}

/** The methods of a console whose every call becomes one line of the sink. */
export function levelledMethods(sink: LogSink): Record<string, Method> {
  let level: LogLevel | undefined;
  const printer = (usual: LogLevel): NodeJS.WritableStream => {
    const write = (text: string): boolean => {
      sink.write(level ?? usual, text.endsWith("\n") ? text.slice(0, -1) : text);
      return true;
    };
    return { write } as NodeJS.WritableStream;
  };
  const inner = new Console({ stdout: printer("info"), stderr: printer("error"), colorMode: false, ignoreErrors: false });
  const methods: Record<string, Method> = {};
  for (const [name, method] of Object.entries(inner) as [string, unknown][]) {
    if (typeof method !== "function") continue;
    methods[name] = (...args) => {
      const outer = level;
      level = LEVELS[name];
      try {
        return (method as Method)(...args);
      } finally {
        level = outer;
      }
    };
  }
  return methods;
}

function replaceStream(name: "stdout" | "stderr", stream: OutputStream): void {
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
}
