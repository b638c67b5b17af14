import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";
import { hostAddon } from "./addon.ts";

/** One of the launcher's steps failed. `step` is its name in the plan. For the log: never shown to a tenant. */
export class LauncherError extends Error {
  override name = "LauncherError";
  readonly step: string;

  constructor(step: string, text: string) {
    super(`${step}: ${text}`);
    this.step = step;
  }
}

const Answer = z.union([
  z.looseObject({ id: z.int(), ok: z.literal(true) }),
  z.object({ id: z.int(), ok: z.literal(false), step: z.string(), error: z.string() }),
]);
const Event = z.looseObject({ event: z.string() });
export type LauncherEvent = z.infer<typeof Event>;

interface Waiting {
  resolve: (answer: Record<string, unknown>) => void;
  reject: (reason: Error) => void;
}

/** The socket to the launcher: requests with descriptors out, JSON lines in. See native/src/launcher/worker-link.h. */
export class LauncherLink {
  /** Resolves with the reason when the launcher is gone; every request under way is rejected then. */
  readonly lost: Promise<string>;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEvent: (event: LauncherEvent) => void;
  #nextId = 1;
  #gone: string | undefined;

  constructor(options: { file: string; args: string[]; onEvent: (event: LauncherEvent) => void; onLog: (line: string) => void }) {
    const [ours, theirs] = hostAddon().socketPair();
    this.#onEvent = options.onEvent;
    this.#child = spawn(options.file, options.args, { stdio: ["ignore", "ignore", "pipe", theirs], env: {} });
    hostAddon().closeFd(theirs);
    this.#fd = ours;
    this.#socket = new Socket({ fd: ours });
    // A launcher that died with a request unread resets the socket; `lost` tells of its end. The reader of lines repeats the error.
    this.#socket.on("error", () => {});
    createInterface({ input: this.#socket })
      .on("line", (line) => this.#take(line))
      .on("error", () => {});
    let lastLine = "";
    createInterface({ input: this.#child.stderr! }).on("line", (line) => {
      lastLine = line;
      options.onLog(line);
    });
    this.lost = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(this.#lose(`it could not be started: ${error.message}`)));
      this.#child.once("close", (code, signal) => resolve(this.#lose(`it ended (${signal ?? code})${lastLine && `: ${lastLine}`}`)));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends one request; `fds` are duplicated into the message and stay open here. @throws LauncherError */
  request(op: string, fields: Record<string, unknown>, fds: number[] = []): Promise<Record<string, unknown>> {
    const { id, answer } = this.expect();
    try {
      if (this.#gone === undefined) hostAddon().sendWithFds(this.#fd, `${JSON.stringify({ id, op, ...fields })}\n`, fds);
    } catch (cause) {
      this.#refuse(id, new LauncherError("launcher", String(cause)));
    }
    return answer;
  }

  /** An id whose answer another request asks for; without that request it never comes. */
  expect(): { id: number; answer: Promise<Record<string, unknown>> } {
    const id = this.#nextId++;
    const answer = new Promise<Record<string, unknown>>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    if (this.#gone !== undefined) this.#refuse(id, new LauncherError("launcher", this.#gone));
    return { id, answer };
  }

  #refuse(id: number, reason: Error): void {
    this.#waiting.get(id)?.reject(reason);
    this.#waiting.delete(id);
  }

  /** Ends the launcher and with it all that it made; resolves when it has ended. */
  async close(): Promise<void> {
    this.#socket.destroy();
    await this.lost;
  }

  #take(line: string): void {
    const message: unknown = JSON.parse(line);
    const answer = Answer.safeParse(message);
    if (!answer.success) {
      this.#onEvent(Event.parse(message));
      return;
    }
    const waiting = this.#waiting.get(answer.data.id);
    this.#waiting.delete(answer.data.id);
    if (answer.data.ok) waiting?.resolve(answer.data);
    else waiting?.reject(new LauncherError(answer.data.step, answer.data.error));
  }

  #lose(reason: string): string {
    this.#gone = reason;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(new LauncherError("launcher", reason));
    this.#waiting.clear();
    return reason;
  }
}
