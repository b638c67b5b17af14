/** `npm start`: sets up FN_HOME, starts Redis and the services, deploys the examples, and keeps all of it running until a signal. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { deployExamples } from "./examples.ts";
import { HELP } from "./help.ts";
import { openListener } from "./listen.ts";
import { Platform } from "./platform.ts";
import { readSettings, type Settings } from "./settings.ts";
import { StartupError } from "./startup-error.ts";
import { stopOnSignals } from "./stop-on-signals.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  "no-examples": { type: "boolean" },
  /** Tests put stand-ins here. */
  services: { type: "string" },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help === true) return console.log(HELP);
  if (process.getuid?.() !== 0) throw new StartupError("Zygo makes namespaces and cgroups for its sandboxes: start it as root.");
  const settings = readSettings(process.env);
  if (settings.listenFd === undefined) return openListener(settings);
  const platform = await Platform.prepare(settings, { services: values.services ?? join(ROOT, "services") }, (message) =>
    console.error(`${new Date().toISOString()} ${message}`),
  );
  const stopping = stopOnSignals(platform);
  process.on("SIGUSR2", () => void platform.replace());
  try {
    await platform.start();
  } catch (error) {
    if (stopping.aborted) return;
    await platform.stop();
    throw error;
  }
  if (values["no-examples"] !== true) await deploy(settings, platform, stopping);
  if (!stopping.aborted) announce(settings.url);
}

/** An example that does not deploy is no reason not to serve: it is told, and the platform is ready. */
async function deploy(settings: Settings, { credentials }: Platform, stopping: AbortSignal): Promise<void> {
  await deployExamples({ root: ROOT, home: settings.home, credentials }, stopping).catch((error: unknown) => {
    if (!stopping.aborted) console.error(`The examples in functions/ were not deployed: ${describe(error)}`);
  });
}

/** The one line on standard output is for scripts; the hint is for people. */
function announce(url: string): void {
  console.log(`ready ${url}`);
  console.error(`next: curl ${url}/fn/hello   or deploy your own: npx fn deploy path/to/file.ts`);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = "stderr" in error && typeof error.stderr === "string" ? `\n${error.stderr}` : "";
  return `${error.message}${said}`;
}

// Whoever read the output may be gone (`npm start | head -1`): that ends nothing.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

try {
  await main();
} catch (error) {
  const expected =
    error instanceof StartupError || (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  if (error instanceof z.ZodError)
    console.error(`The environment is not right (\`npm start -- --help\` lists the variables):\n${z.prettifyError(error)}`);
  else if (expected) console.error(error.message);
  else console.error(error);
  process.exit(1);
}
