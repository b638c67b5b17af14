import type { Readable, Writable } from "node:stream";

/** The world of a command: tests give it another. */
export interface Io {
  stdin: Readable & { isTTY?: boolean };
  /** Results, for people or, with --json, for programs. */
  stdout: Writable & { isTTY?: boolean };
  /** Progress and complaints. */
  stderr: Writable & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Writes a line and waits until the stream can take more. Ends quietly when the reader is gone. */
export async function writeLine(stream: Writable, line: string): Promise<void> {
  await write(stream, `${line}\n`);
}

/** How a command tells its results: with --json the document on a line, else the text. */
export function teller({ stdout }: Io, json: boolean | undefined): (document: unknown, text: string) => Promise<void> {
  return (document, text) => writeLine(stdout, json === true ? JSON.stringify(document) : text);
}

export async function write(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  if (stream.destroyed || !stream.writable) return;
  if (stream.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      stream.off("drain", settle).off("close", settle).off("error", settle);
      resolve();
    };
    stream.once("drain", settle).once("close", settle).once("error", settle);
  });
}
