/** `npm run test:faults`: rounds of load and faults on a whole platform, each checked from outside. */
import { parseArgs } from "node:util";
import { FAULTS } from "./nemesis.ts";
import { describe, playRound } from "./round.ts";
import { Stage } from "./stage.ts";

const HELP = `Usage: npm run test:faults -- [--rounds 10] [--seed <number>] [--only <text>]

Plays rounds: load on a platform with two gateways and two workers, a fault or two, healing, and a check of what every caller was told
against what the functions did. Ends with 1 when a promise was broken. Needs root.

  --rounds  how many (10)
  --seed    of the first round; each further one has the next number (drawn, and printed)
  --only    only faults whose name holds this text
  --list    names the faults

Examples:
  npm run test:faults -- --rounds 200
  npm run test:faults -- --rounds 1 --seed 4711
  npm run test:faults -- --only Redis`;

const OPTIONS = {
  rounds: { type: "string", default: "10" },
  seed: { type: "string" },
  only: { type: "string", default: "" },
  list: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const { values } = parseArgs({ options: OPTIONS });
if (values.help === true) console.log(HELP);
else if (values.list === true) console.log(FAULTS.map(({ name }) => name).join("\n"));
else process.exitCode = await play(Number(values.rounds), Number(values.seed ?? Math.floor(Math.random() * 1e9)), values.only);

/** @returns the exit code */
async function play(rounds: number, firstSeed: number, only: string): Promise<number> {
  const faults = FAULTS.filter(({ name }) => name.includes(only));
  if (faults.length === 0 || !Number.isInteger(rounds) || !Number.isInteger(firstSeed)) {
    console.error(`Nothing to do: --only must be part of a fault's name, --rounds and --seed whole numbers.\n\n${HELP}`);
    return 2;
  }
  const stage = await Stage.open();
  let broken = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const report = await playRound(stage, firstSeed + round, faults);
      console.log(describe(report));
      if (report.violations.length > 0) broken++;
    }
  } finally {
    await stage.close();
  }
  console.log(`${rounds - broken} of ${rounds} rounds held; first seed ${firstSeed}`);
  return broken === 0 ? 0 : 1;
}
