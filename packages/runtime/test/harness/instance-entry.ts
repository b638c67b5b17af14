/** What a zygote and its child do, without the fork: warm up when told to, then serve on descriptor 3. */
import { prepareInstance } from "../../src/serve.ts";
import { warmUp } from "../../src/warm-up.ts";

async function main(): Promise<void> {
  if (process.argv.includes("warm")) await warmUp();
  prepareInstance().begin(3);
}

void main();
