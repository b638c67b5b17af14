/**
 * Who may import whom: services → adapters → core → contracts, never sideways (docs/architecture.md, "Language and layout").
 * Each row: a folder, and the only folders of ours that it may import besides itself.
 */
const ALLOWED = {
  "packages/contracts": [],
  "packages/core": ["packages/contracts"],
  "packages/queue": ["packages/core", "packages/contracts"],
  "packages/store": ["packages/core", "packages/contracts"],
  "packages/service": ["packages/contracts"],
  "packages/artifacts": ["packages/core", "packages/contracts"],
  "packages/sandbox": ["packages/core", "packages/contracts", "native"],
  "packages/bundle": ["packages/contracts"],
  "packages/client": ["packages/contracts"],
  "packages/cli": ["packages/bench", "packages/bundle", "packages/client", "packages/contracts"],
  "packages/bench": ["packages/testkit", "packages/client", "packages/contracts"],
  "packages/testkit": ["packages/client", "packages/contracts"],
  "packages/runtime": ["packages/contracts/src/(frames|names)"],
  "packages/sdk": ["packages/contracts/src/(frames|names)"],
  "services/control": ["packages/(artifacts|queue|service|store|core|contracts)"],
  "services/gateway": ["packages/(artifacts|queue|service|store|core|contracts)"],
  "services/worker": ["packages/(artifacts|queue|service|store|sandbox|core|contracts)"],
  infra: ["packages/(client|contracts|service)"],
  functions: ["packages/sdk"],
};

const TESTS = "(\\.test\\.ts$|/test/)";

const boundaries = Object.entries(ALLOWED).map(([folder, others]) => ({
  name: `from-${folder.replaceAll("/", "-")}`,
  severity: "error",
  from: { path: `^${folder}/`, pathNot: TESTS },
  to: { path: "^(packages|services|native|infra|functions)/", pathNot: [folder, ...others].map((path) => `^${path}(/|\\.ts$)`) },
}));

export default {
  forbidden: [
    ...boundaries,
    {
      name: "tests-stay-home",
      comment:
        "A test may use what its package may use (checked by the same table through what it tests), and the testkit; no other service.",
      severity: "error",
      from: { path: `^((packages|services)/[^/]+)/.*${TESTS}` },
      to: { path: "^(services|infra)/", pathNot: "^$1/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "core-is-pure",
      comment: "Policy is decided without I/O: clocks, randomness and everything else that acts come in as arguments.",
      severity: "error",
      from: { path: "^packages/core/src/", pathNot: TESTS },
      to: { path: "^(node:)?(fs|net|http|https|http2|dgram|tls|dns|child_process|worker_threads|cluster)(/|$)" },
    },
    {
      name: "runtime-uses-built-ins-alone",
      comment: "It runs inside every sandbox, before any code of a tenant.",
      severity: "error",
      from: { path: "^packages/runtime/src/", pathNot: TESTS },
      to: { dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "no-unresolved",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "\\.node$" },
    },
    {
      name: "declared-dependencies",
      comment: "What a package imports stands in its package.json.",
      severity: "error",
      from: { pathNot: TESTS },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(build|broken|hostile)/" },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".mjs", ".js", ".json", ".node"],
    },
  },
};
