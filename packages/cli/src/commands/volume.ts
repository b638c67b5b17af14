import type { Client } from "@zygo/client";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { teller } from "../io.ts";
import { showTable } from "../table.ts";
import { parseMemory, showAgo, showBytes } from "../units.ts";

const help = `Usage: fn volume create <name> [--size <MiB>] [--json]
       fn volume ls [--json]
       fn volume rm <name> [--json]

Volumes are directories that last: what a function writes there stays, and all instances of all functions that have the volume see it at
once. They belong to your tenant. A function has those that its config names (\`volumes: [{ name: "data", path: "/data" }]\`, or
\`fn deploy --volume data:/data\`). A volume holds what its size is and no more.

rm removes a volume and all in it. It is refused while a version of a function names the volume, or an instance has it mounted.

Options:
  --size <MiB>   16 to 65536, such as 512 or 10g; default 1g
  --json         one JSON document

Examples:
  fn volume create data --size 2g
  fn deploy shop.ts --volume data:/data
  fn deploy report.ts --volume data:/data:ro
  fn volume ls
  fn volume rm data
`;

const FLAGS = { size: { type: "string" }, json: { type: "boolean" } } as const;

export const volume: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [action, ...more] = positionals;
    const { signal } = io;
    const say = teller(io, values.json);
    if (values.size !== undefined && action !== "create") throw new UsageError("--size is for create");
    if (action === "ls" || action === "list") {
      takePositionals(more);
      const { client } = await connect(io.env);
      const all = await client.volumes({ signal });
      await say({ volumes: all }, showVolumes(all));
      return EXIT.ok;
    }
    if (action !== "create" && action !== "rm") throw new UsageError("say create, ls or rm");
    const [name = ""] = takePositionals(more, "name");
    const size = values.size === undefined ? {} : { sizeMb: parseMemory("--size", values.size) };
    const { client } = await connect(io.env);
    if (action === "rm") {
      await client.removeVolume(name, { signal });
      await say({ removed: name }, `${name} is removed`);
    } else {
      const made = await client.createVolume({ name, ...size }, { signal });
      await say(made, `${name} is there, ${showBytes(made.sizeBytes)}: fn deploy <file> --volume ${name}:/${name}`);
    }
    return EXIT.ok;
  },
};

function showVolumes(all: Awaited<ReturnType<Client["volumes"]>>): string {
  const rows = all.map(({ name, sizeBytes, usedBytes, functions, createdMs }) => [
    name,
    showBytes(sizeBytes),
    showBytes(usedBytes),
    functions.join(",") || "(none)",
    showAgo(createdMs, Date.now()),
  ]);
  return showTable(["NAME", "SIZE", "ON DISK", "FUNCTIONS", "MADE"], rows);
}
