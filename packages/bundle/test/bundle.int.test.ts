import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BundleError, BundlerFailedError } from "../src/index.ts";
import { HANDLER, bundled, codeOf, project } from "./project-fixture.ts";

const PACKAGE = { "package.json": `{"name":"p"}` };

/** Runs a bundle in Node of its own and returns what it prints. */
function evaluate(code: string, format: "cjs" | "esm", expression: string): string {
  const file = join(project({}), format === "cjs" ? "main.cjs" : "main.mjs");
  writeFileSync(file, code);
  return execFileSync(process.execPath, ["-e", `import(${JSON.stringify(file)}).then(async (m) => console.log(await (${expression})))`], {
    encoding: "utf8",
  }).trim();
}

const failureOf = async (entry: string): Promise<BundleError> => {
  const error: unknown = await bundled(entry).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BundleError);
  return error as BundleError;
};

describe("what comes out", () => {
  test("CommonJS with a source map of relative sources and their text", async () => {
    const root = project({
      ...PACKAGE,
      "src/a.ts": `import { b } from "./b.ts";\n${HANDLER}console.log(b as number);`,
      "src/b.ts": "export const b = Date.now();",
    });
    const made = await bundled(join(root, "src/a.ts"));
    expect(made).toMatchObject({ format: "cjs", bytes: made.code.byteLength, inputs: ["src/b.ts", "src/a.ts"], warnings: [] });
    const map = JSON.parse(Buffer.from(made.sourceMap ?? []).toString("utf8")) as { sources: string[]; sourcesContent: string[] };
    expect(map.sources.toSorted()).toEqual(["src/a.ts", "src/b.ts"]);
    expect(map.sourcesContent[map.sources.indexOf("src/b.ts")]).toBe("export const b = Date.now();");
    expect(codeOf(made)).not.toContain("sourceMappingURL");
  });

  test("an ES module when, and only when, there is top-level await", async () => {
    const root = project({
      ...PACKAGE,
      "a.ts": `const x = await Promise.resolve(7);\nfor await (const _ of []);\nexport default () => x;`,
      "b.ts": `// await\n${HANDLER}`,
    });
    const made = await bundled(join(root, "a.ts"));
    expect(made.format).toBe("esm");
    expect(evaluate(codeOf(made), "esm", "m.default()")).toBe("7");
    expect((await bundled(join(root, "b.ts"))).format).toBe("cjs");
  });

  test("names are kept for stack traces, what is unused is dropped", async () => {
    const root = project({
      ...PACKAGE,
      "a.ts": `import { used } from "./b.ts"; export default used;`,
      "b.ts": `export function used() {}; export const unused = "not in the bundle";`,
    });
    const code = codeOf(await bundled(join(root, "a.ts")));
    expect(code).not.toContain("not in the bundle");
    expect(evaluate(code, "cjs", "m.default.default?.name ?? m.default.name")).toBe("used");
  });

  test("import.meta tells where the sandbox has the bundle", async () => {
    const root = project({
      ...PACKAGE,
      "a.ts": `export default () => [import.meta.url, import.meta.dirname, import.meta.filename].join(" ");`,
    });
    const code = codeOf(await bundled(join(root, "a.ts")));
    expect(evaluate(code, "cjs", "m.default.default()")).toBe("file:///app/main.cjs /app /app/main.cjs");
  });

  test("an ES module can hold CommonJS packages that require built-ins", async () => {
    const root = project({
      ...PACKAGE,
      "a.ts": `import where from "dep"; import { createRequire } from "node:module"; const require = createRequire(import.meta.url);\nawait 0; export default () => where() + typeof require;`,
      "node_modules/dep/package.json": `{"name":"dep","main":"x.js"}`,
      "node_modules/dep/x.js": `const { posix } = require("path"); module.exports = () => posix.basename(__filename);`,
    });
    expect(evaluate(codeOf(await bundled(join(root, "a.ts"))), "esm", "m.default()")).toBe("main.mjsfunction");
  });

  test("text, JSON and WebAssembly are part of it; built-ins stay imports, with and without node:", async () => {
    const root = project({
      ...PACKAGE,
      "a.ts": `import t from "./t.txt"; import q from "./q.sql"; import h from "./h.html"; import j from "./j.json"; import w from "./w.wasm"; import { sep } from "path"; import { EOL } from "node:os";
        export default () => [t, q, h, j.x, w instanceof Uint8Array && w.length, sep, EOL.length].join();`,
      "t.txt": "text",
      "q.sql": "select",
      "h.html": "<p>",
      "j.json": `{"x":5}`,
      "w.wasm": "\0asm",
    });
    expect(evaluate(codeOf(await bundled(join(root, "a.ts"))), "cjs", "m.default.default()")).toBe("text,select,<p>,5,4,/,1");
  });

  test.each(["mjs", "cjs", "js", "jsx", "tsx", "mts"])("an entry may be .%s", async (extension) => {
    const text = extension === "cjs" ? "module.exports = () => 1;" : HANDLER;
    const made = await bundled(join(project({ ...PACKAGE, [`a.${extension}`]: text }), `a.${extension}`));
    expect(made.format).toBe("cjs");
  });

  test("nothing is left in the temporary directory, in success and failure", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("fn-bundle-"));
    const root = project({ ...PACKAGE, "a.ts": HANDLER, "b.ts": "import" });
    await bundled(join(root, "a.ts"));
    await failureOf(join(root, "b.ts"));
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("fn-bundle-"))).toEqual(before);
  });
});

describe("what is refused", () => {
  test("a syntax error, with its place", async () => {
    const root = project({ ...PACKAGE, "a.ts": `const é = 1;\nconst x = "é" +;` });
    const { messages } = await failureOf(join(root, "a.ts"));
    expect(messages[0]).toMatchObject({
      file: join(root, "a.ts"),
      line: 2,
      column: 16,
      lineText: `const x = "é" +;`,
      text: 'Unexpected ";"',
    });
  });

  test("every missing dependency, with the command that installs it", async () => {
    const root = project({ ...PACKAGE, "a.ts": `import a from "no-such-a/sub"; import b from "@no/such-b";\nexport default () => a(b);` });
    const { messages } = await failureOf(join(root, "a.ts"));
    expect(messages.map(({ hint }) => hint)).toEqual([
      `Run \`npm install no-such-a\` in ${root}.`,
      `Run \`npm install @no/such-b\` in ${root}.`,
    ]);
  });

  test("a file without a handler, even when export * might have brought one", async () => {
    const root = project({
      ...PACKAGE,
      "a.ts": `export * from "./b.ts";`,
      "b.ts": "export const b = 1;",
      "c.ts": `export * from "./d.ts";`,
      "d.ts": "export const GET = () => new Response();",
    });
    const { messages } = await failureOf(join(root, "a.ts"));
    expect(messages[0]).toMatchObject({ file: join(root, "a.ts"), text: "exports no handler (it exports only b)" });
    expect((await bundled(join(root, "c.ts"))).format).toBe("cjs");
  });

  test("a native add-on, with why", async () => {
    const root = project({ ...PACKAGE, "a.ts": `import x from "./x.node"; export default () => x;`, "x.node": "" });
    const { messages } = await failureOf(join(root, "a.ts"));
    expect(messages[0]?.hint).toContain("has to come with an npm package");
  });

  test("what is no source file", async () => {
    const root = project({ "a.md": "# a" });
    await expect(bundled(join(root, "a.md"))).rejects.toThrow("a.md is not TypeScript or JavaScript");
    await expect(bundled(join(root, "b.ts"))).rejects.toThrow("is not a file");
    await expect(bundled(root)).rejects.toThrow("is not a file");
  });
});

describe("how it ends", () => {
  test("an abort stops it with the signal's reason", async () => {
    const root = project({ ...PACKAGE, "a.ts": HANDLER });
    const reason = new Error("enough");
    await expect(bundled(join(root, "a.ts"), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const late = new AbortController();
    const running = bundled(join(root, "a.ts"), { signal: late.signal });
    late.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  test("a bundler that cannot start is the machine's fault and says so", async () => {
    const root = project({ ...PACKAGE, "a.ts": HANDLER });
    await expect(bundled(join(root, "a.ts"), { esbuildBinary: "/no/such/esbuild" })).rejects.toThrow(BundlerFailedError);
    await expect(bundled(join(root, "a.ts"), { esbuildBinary: "/no/such/esbuild" })).rejects.toThrow(
      /fn-jail: open .*\/no\/such\/esbuild: No such file/,
    );
  });
});
