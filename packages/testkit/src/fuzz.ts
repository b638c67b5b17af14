import fc from "fast-check";

export { fc };

/** All fuzzers of a run share this many minutes; `npm run fuzz -- --minutes 10` sets it. */
const MINUTES = Number(process.env["FUZZ_MINUTES"] ?? 0.4);
const FUZZERS = 5;

/** What a fuzzer may take, milliseconds. */
export const FUZZ_MS = (MINUTES * 60_000) / FUZZERS;
/** For vitest: a run, and the shrinking of what it found. */
export const FUZZ_DEADLINE_MS = FUZZ_MS + 60_000;

/**
 * Tries a property on values of `input` until its share of time is over, and prints the seed; `FUZZ_SEED` repeats a run.
 * @throws what the property throws, on the smallest input that makes it
 */
export async function fuzz<T>(name: string, input: fc.Arbitrary<T>, property: (value: T) => void | Promise<void>): Promise<void> {
  const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
  let runs = 0;
  console.log(`fuzz ${name}: FUZZ_SEED=${seed}`);
  await fc.assert(
    fc.asyncProperty(input, async (value) => {
      runs++;
      await property(value);
    }),
    { seed, numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: FUZZ_MS, markInterruptAsFailure: false },
  );
  console.log(`fuzz ${name}: ${runs} inputs`);
}
