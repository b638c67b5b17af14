/** What was said is not said again for this long, milliseconds. */
const QUIET_MS = 10_000;
/** Different things that are said in that time. */
const MAX_WORDS = 50;

/** Says each thing once in a while, so that what repeats itself drowns nothing else. */
export class RecentWords {
  readonly #say: (words: string) => void;
  readonly #said = new Map<string, number>();

  constructor(say: (words: string) => void) {
    this.#say = say;
  }

  say(words: string, nowMs = Date.now()): void {
    for (const [each, atMs] of this.#said) {
      if (nowMs - atMs < QUIET_MS) break;
      this.#said.delete(each);
    }
    if (this.#said.has(words) || this.#said.size >= MAX_WORDS) return;
    this.#said.set(words, nowMs);
    this.#say(words);
  }
}
