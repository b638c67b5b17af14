import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Outcome {
  /** Null: ended by a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env: Record<string, string | undefined>;
  /** What it reads on standard input. */
  input?: string | Uint8Array | undefined;
  /** Its abort sends SIGINT, as Ctrl-C does. */
  signal?: AbortSignal | undefined;
  /** Told of standard output as it comes. */
  onOutput?: ((chunk: string) => void) | undefined;
}

/** A command that takes longer is killed, milliseconds. */
const LIMIT_MS = 60_000;

/** Runs a command to its end. Its failure is a result. */
export async function run([program = "", ...args]: string[], { cwd, env, input = "", signal, onOutput }: RunOptions): Promise<Outcome> {
  const child = spawn(program, args, { cwd, env, timeout: LIMIT_MS, killSignal: "SIGKILL" });
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const interrupt = (): void => void child.kill("SIGINT");
  signal?.addEventListener("abort", interrupt, { once: true });
  if (onOutput !== undefined) child.stdout.on("data", (chunk: Buffer) => onOutput(chunk.toString()));
  // Whoever does not read its input may end before all of it is written.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  signal?.removeEventListener("abort", interrupt);
  return { code, stdout, stderr };
}
