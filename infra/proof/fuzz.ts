/** `npm run fuzz -- --minutes 10 [--seed n]`: every fuzzer for its share of that time. A seed that is printed repeats a run. */
import { parseArgs } from "node:util";
import { runTests } from "./run-tests.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "2" }, seed: { type: "string" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new RangeError(`--minutes ${values.minutes} is no time`);
const seed = values.seed === undefined ? {} : { FUZZ_SEED: values.seed };
await runTests(["fuzz.int"], { FUZZ_MINUTES: String(minutes), ...seed });
