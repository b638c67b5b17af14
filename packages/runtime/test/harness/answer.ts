import type { DonePayload, FailurePayload, LogPayload, ResponseHead } from "@zygo/contracts/frames";

/** All that one invocation sent back, in order of arrival. */
export class Answer {
  head: ResponseHead | undefined;
  failure: FailurePayload | undefined;
  done: DonePayload | undefined;
  logs: LogPayload[] = [];
  chunks: Buffer[] = [];
  bodyBytes = 0;
  /** How many response and body frames there were. */
  frames = 0;
  ended = false;
  /** The process is gone: no more will come. */
  gone = false;
  #waiting: (() => void)[] = [];

  text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  header(name: string): string | undefined {
    return this.head?.headers.find(([found]) => found === name)?.[1];
  }

  get messages(): string[] {
    return this.logs.map((log) => log.message);
  }

  /** Resolves when `condition` holds; the test's own timeout is its deadline. */
  async until(condition: (answer: this) => boolean): Promise<this> {
    while (!condition(this)) {
      if (this.gone) throw new Error("the instance ended before it answered");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this;
  }

  changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
