/** npm packages with native code, as npm brings them: beside the bundle, in a layer that functions share, however an instance starts. */
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES } from "@zygo/contracts/names";
import { CHECKOUT, makeProject, startPlatform, waitFor, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const BCRYPT = join(CHECKOUT, "functions/native/bcrypt.ts");
const SHARP = join(CHECKOUT, "functions/native/thumbnail.ts");

let platform: Platform;
let unpooled: Platform;
let project: Project;
beforeAll(async () => {
  [platform, unpooled] = await Promise.all([startPlatform(), startPlatform({ env: { FN_POOL_SIZE: "0" } })]);
  project = makeProject();
  cpSync(join(CHECKOUT, "node_modules/bcrypt"), join(project.directory, "node_modules/bcrypt"), { recursive: true });
  cpSync(join(CHECKOUT, "node_modules/node-gyp-build"), join(project.directory, "node_modules/node-gyp-build"), { recursive: true });
  project.write("package.json", '{"name":"own"}');
});
afterAll(async () => {
  project?.remove();
  await Promise.all([platform?.stop(), unpooled?.stop()]);
});

const forkClean = async (name: string) => (await platform.client.get(name)).live.forkClean;

async function call(name: string, at = platform): Promise<{ start: string | null; answer: unknown }> {
  const response = await fetch(at.at(`${name}/secret`));
  const text = await response.text();
  return { start: response.headers.get("x-fn-start"), answer: response.ok ? JSON.parse(text) : text };
}

describe.each([
  ["bcrypt", BCRYPT, { right: true, wrong: false }],
  ["sharp", SHARP, { format: "png", width: 16, height: 8, bytes: expect.any(Number) as number }],
])("%s", (name, file, answer) => {
  test.each(RUNTIMES)("on %s, in each clone of a template", async (runtime) => {
    const { version } = await platform.deploy(file, "--name", `${name}-${runtime}`, "--runtime", runtime, "--reuse", "never");
    expect(await forkClean(`${name}-${runtime}`), version).toEqual({ ok: true, reasons: [] });
    // A config that asks for more memory than was assumed has its template made once more, in the background.
    await waitFor("its template", async () => (await call(`${name}-${runtime}`)).start === "template");
    for (let round = 0; round < 3; round++) expect(await call(`${name}-${runtime}`)).toEqual({ start: "template", answer });
  });

  test("from the pool", async () => {
    await platform.deploy(file, "--name", `${name}-pool`, "--no-template");
    expect(await call(`${name}-pool`)).toEqual({ start: "pool", answer });
  });

  test("cold", async () => {
    await unpooled.deploy(file, "--name", `${name}-cold`, "--no-template");
    expect(await call(`${name}-cold`, unpooled)).toEqual({ start: "cold", answer });
  });
});

test("functions with the same packages share one layer, which cannot be written to", async () => {
  const source = `import bcrypt from "bcrypt";
    import { appendFileSync } from "node:fs";
    export default () => {
      try { appendFileSync(require.resolve("bcrypt"), "x"); } catch (error) { return Response.json(error.code); }
      return Response.json(typeof bcrypt.hash);
    };`;
  const [one, other] = [project.write("one.ts", source), project.write("other.ts", `${source}\n// other`)];
  await platform.deploy(one);
  await platform.deploy(other, "--no-template");
  const layers = await Promise.all(["one", "other"].map(async (name) => (await platform.client.get(name)).live.dependencies));
  expect(layers[0]).toMatch(/^sha256:/);
  expect(layers[1]).toBe(layers[0]);
  for (const name of ["one", "other"]) expect((await call(name)).answer).toMatch(/^E(?:ACCES|ROFS)$/);
  const { stdout } = await platform.fn(["inspect", "one"]);
  expect(stdout).toContain(`dependencies ${layers[0]}`);
});

test("what is listed as external travels beside the bundle, and finds its own files there", async () => {
  project.write("node_modules/reader/package.json", '{"name":"reader","main":"index.js"}');
  project.write(
    "node_modules/reader/index.js",
    `exports.text = require("fs").readFileSync(require("path").join(__dirname, "note.txt"), "utf8");`,
  );
  project.write("node_modules/reader/note.txt", "from the package");
  const file = project.write(
    "outside.ts",
    `import { text } from "reader";\nexport const config = { external: ["reader"] };\nexport default () => Response.json(text);`,
  );
  await platform.deploy(file);
  expect((await call("outside")).answer).toBe("from the package");
});

describe("refused at deploy, with what to do", () => {
  async function refusal(file: string, ...flags: string[]): Promise<string> {
    const { code, stderr } = await platform.fn(["deploy", file, ...flags]);
    expect(code).not.toBe(0);
    return stderr;
  }
  const uses = (name: string) => `import addon from "${name}";\nexport default () => Response.json(Object.keys(addon));`;

  test("an add-on for other machines alone", async () => {
    const prebuilds = join(project.directory, "node_modules/bcrypt/prebuilds/linux-x64");
    const own = join(project.directory, "node_modules/foreign");
    cpSync(join(project.directory, "node_modules/bcrypt"), own, { recursive: true });
    for (const name of readdirSync(prebuilds)) {
      const bytes = readFileSync(join(prebuilds, name));
      bytes.writeUInt16LE(183, 18); // EM_AARCH64
      writeFileSync(join(own, "prebuilds/linux-x64", name), bytes);
    }
    const said = await refusal(project.write("foreign.ts", uses("foreign")));
    expect(said).toContain("foreign has add-ons for other machines alone, none for linux-x64");
    expect(said).toContain("npm install --os=linux --cpu=x64 foreign");
  });

  test("an add-on that nobody has built", async () => {
    project.write("node_modules/unbuilt/package.json", '{"name":"unbuilt","gypfile":true}');
    project.write("node_modules/unbuilt/index.js", `module.exports = require("./build/Release/unbuilt.node");`);
    const said = await refusal(project.write("unbuilt.ts", uses("unbuilt")));
    expect(said).toContain("unbuilt has no built add-on for linux-x64");
    expect(said).toContain("npm rebuild unbuilt");
  });

  test("an add-on that was built for another version of Node", async () => {
    project.write("node_modules/old/package.json", '{"name":"old","gypfile":true}');
    project.write("node_modules/old/index.js", `module.exports = require("./build/Release/old.node");`);
    const source = project.write("node_modules/old/build/Release/old.c", OLD_ADDON);
    execFileSync("gcc", ["-shared", "-fPIC", "-o", source.replace(/c$/, "node"), source]);
    const said = await refusal(project.write("old.ts", uses("old")));
    expect(said).toMatch(/compiled against a different Node\.js version using\s+NODE_MODULE_VERSION 108/);
    expect(said).toContain("npm rebuild");
  });

  test("a list that the bundler could not read", async () => {
    const file = project.write(
      "hidden.ts",
      `const list = ["reader"];\nimport { text } from "reader";\nexport const config = { external: [...list] };\nexport default () => Response.json(text);`,
    );
    project.write("node_modules/reader/index.js", "exports.text = 1;");
    expect(await refusal(file)).toContain("write the list as plain strings");
  });

  test("a package with a link that leads out of it", async () => {
    project.write("node_modules/linking/package.json", '{"name":"linking","main":"index.js"}');
    project.write("node_modules/linking/index.js", "module.exports = {};");
    execFileSync("ln", ["-s", "/etc/passwd", join(project.directory, "node_modules/linking/data.txt")]);
    expect(await refusal(project.write("linking.ts", uses("linking")), "--external", "linking")).toContain("a link that leads out of it");
  });

  test("what is not installed", async () => {
    expect(await refusal(project.write("none.ts", uses("none")), "--external", "none")).toContain("npm install none");
  });
});

/** What an add-on of Node 18 says of itself as it is loaded. @source node.h, struct node_module */
const OLD_ADDON = `
struct node_module { int version; unsigned flags; void *handle; const char *file; void *init; void *context; const char *name; void *priv; void *next; };
static void init(void) {}
static struct node_module self = {108, 0, 0, "old.c", (void *)init, 0, "old", 0, 0};
void node_module_register(void *);
__attribute__((constructor)) static void tell(void) { node_module_register(&self); }
`;
