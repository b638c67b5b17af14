import type { Redis } from "ioredis";
import { connect } from "./connection.ts";
import { JOB_EVENTS } from "./keys.ts";

/** `due`: a function's queue has something new; `messages`: its messages have. `missed`: events may have been missed, look at everything. */
export type JobEvent = { kind: (typeof KINDS)[number]; about: string } | { kind: "missed"; about: "" };

const CONNECT_MS = 1000;
const KINDS = ["due", "messages", "settled", "cancel"] as const;

/** What other processes tell: hints alone, for every reader also looks by itself now and then. */
export class JobEvents {
  readonly #redis: Redis;
  readonly #listeners = new Set<(event: JobEvent) => void>();

  constructor(url: string) {
    this.#redis = connect(url, { connectTimeout: CONNECT_MS });
    this.#redis.on("ready", () => void this.#subscribe());
    this.#redis.on("message", (_channel: string, message: string) => this.#heard(message));
  }

  /** @returns what ends it */
  on(listener: (event: JobEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #subscribe(): Promise<void> {
    await this.#redis.subscribe(JOB_EVENTS).catch(() => {});
    this.#tell({ kind: "missed", about: "" });
  }

  #heard(message: string): void {
    const [word, about = ""] = message.split(" ", 2);
    const kind = KINDS.find((known) => known === word);
    if (kind !== undefined) this.#tell({ kind, about });
  }

  #tell(event: JobEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
