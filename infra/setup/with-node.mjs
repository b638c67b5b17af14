// Usage: node infra/setup/with-node.mjs <file.ts> [argument …]
// Sets up, then runs the file under the pinned Node with this terminal and these arguments.
import { runPinned } from "./pinned-run.mjs";
import { setUp } from "./set-up.mjs";

await setUp();
process.exitCode = await runPinned(process.argv.slice(2));
