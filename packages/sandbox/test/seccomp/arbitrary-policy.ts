import { PolicyFile } from "../../src/seccomp/schema.ts";
import { syscallNumbers } from "../../src/seccomp/syscalls.ts";

const ENOSYS = { action: "errno", errno: "ENOSYS" };
const VERDICTS = [{ action: "allow" }, { action: "kill" }, { action: "errno", errno: "EPERM" }, ENOSYS];
const OPS = ["eq", "ne", "in", "masked_eq", "masked_ne", "masked_in"];

/** A policy without rules, for tests to add to. */
export const EMPTY = { name: "test", purpose: "test", constants: {}, default: { ...ENOSYS, reason: "test" }, rules: [] };

/** The policy of a seed: every operator and verdict, both widths, calls with many rules and with none. */
export function arbitraryPolicy(seed: number): PolicyFile {
  const random = generator(seed);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const several = <T>(make: () => T): T[] => Array.from({ length: 1 + random(3) }, make);
  const names = [...syscallNumbers("arm64").keys()].filter(() => random(4) === 0);
  const narrow = names.filter(() => random(2) === 0).flatMap((name) => several(() => ({ name, args: several(() => arbitraryArg(pick)) })));
  return PolicyFile.parse({
    ...EMPTY,
    default: { ...pick(VERDICTS), reason: "test" },
    rules: [
      ...narrow.map(({ name, args }) => ({ syscalls: [name], ...pick(VERDICTS), args, reason: "test" })),
      ...names.map((name) => ({ syscalls: [name], ...pick(VERDICTS), reason: "test" })),
    ],
  });
}

function arbitraryArg(pick: <T>(from: readonly T[]) => T): object {
  const width = pick([32, 64]);
  const high = width === 64 ? ["0x0", "0x700000000"] : ["0x0"];
  const op = pick(OPS);
  const value = (): string => `${pick(["0x0", "0x1", "0x6", "0xf0"])}|${pick(high)}`;
  const given = op.endsWith("in") ? { values: [value(), value()] } : { value: value() };
  const mask = op.startsWith("masked") ? { mask: `0xff|${high.at(-1) ?? "0x0"}` } : {};
  return { index: pick([0, 1, 2, 3, 4, 5]), width, op, ...given, ...mask };
}

/** The same numbers for the same seed. @source Numerical Recipes, the quick generator */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}
