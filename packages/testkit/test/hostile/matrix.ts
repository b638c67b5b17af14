/** docs/hostile-cases.md, made from the cases: `node packages/testkit/test/hostile/write-matrix.ts`. A test holds the two equal. */
import { join } from "node:path";
import { CHECKOUT } from "@zygo/testkit";
import { functionOf, HOSTILE_CASES } from "./all-cases.ts";
import { PRIVILEGES, type Control, type Expected, type HostileCase } from "./case.ts";

export const MATRIX = join(CHECKOUT, "docs", "hostile-cases.md");

export function renderMatrix(): string {
  const proven = HOSTILE_CASES.filter(({ control }) => !("none" in control)).length;
  return [
    "# Hostile cases",
    "",
    `${HOSTILE_CASES.length} attacks, each by a function that anybody could deploy (\`functions/hostile/\`), ${proven} of them with a paired control.`,
    "This page is made by `node packages/testkit/test/hostile/write-matrix.ts` from the cases beside that script; a test holds it equal to them.",
    "",
    "- **held**: what the attack gets on a whole platform: an errno, its own harmless outcome, or the problem that its caller is told. After each one",
    "  another function answers, worker and gateway are the same processes, and a file on the host is untouched; after all of them nothing is left:",
    "  `packages/testkit/test/hostile.int.test.ts`.",
    "- **control**: what is left out of the jail, and what the same attack gets then; `further` is anything else than held. Run in namespaces that are",
    "  thrown away, by a build of the launcher that can leave steps out (`make -C native controls`): `packages/testkit/test/hostile-controls.int.test.ts`.",
    "  `privileges` are the steps " + PRIVILEGES.join(", ") + ".",
    "  In brackets: why there is none.",
    ...[...new Set(HOSTILE_CASES.map(({ id }) => functionOf(id)))].flatMap(section),
    "",
  ].join("\n");
}

function section(name: string): string[] {
  const rows = HOSTILE_CASES.filter(({ id }) => functionOf(id) === name);
  return ["", `## ${name}`, "", "| case | attack | known from | held | control |", "| --- | --- | --- | --- | --- |", ...rows.map(row)];
}

function row({ id, title, reference, held, control }: HostileCase): string {
  const cells = [id.split("/")[1], title, reference ?? "", heldCell(held), controlCell(control)];
  return `| ${cells.join(" | ")} |`;
}

function heldCell(held: Expected): string {
  if ("code" in held) return `\`${held.code}\``;
  if ("brokenOff" in held) return "the answer breaks off";
  return [held.outcome]
    .flat()
    .map((outcome) => `\`${outcome}\``)
    .join(" or ");
}

function controlCell(control: Control): string {
  if ("none" in control) return `(${control.none})`;
  const all = PRIVILEGES.every((step) => control.without.includes(step));
  const steps = control.without.filter((step) => !all || !PRIVILEGES.some((each) => each === step));
  const limits = Object.keys(control.limits ?? {}).map((limit) => `\`${limit}\` as it is`);
  const without = [...steps.map((step) => `\`${step}\``), ...(all ? ["privileges"] : []), ...limits];
  return `without ${without.join(", ")}: ${control.gives === undefined ? "further" : `\`${control.gives}\``}`;
}
