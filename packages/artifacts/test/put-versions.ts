import { openArtifacts } from "../src/index.ts";

/** Run as a process of its own: `node put-versions.ts <directory> <name> <count>` stores so many versions. */
const [directory = "", name = "", count = "0"] = process.argv.slice(2);
const artifacts = await openArtifacts(directory);
process.stdout.write("open\n");
for (let version = 0; version < Number(count); version++) {
  await artifacts.putVersion({ name, bundle: Buffer.from(`${name} ${version}`), sourceMap: null, format: "cjs", config: {} });
}
