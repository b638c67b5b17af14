/** How much is measured. */
export interface Plan {
  name: string;
  /** Start-up: rounds in which each contender starts once, and rounds before them that do not count. */
  samples: number;
  warmUps: number;
  /** Quiet time after each start, for teardown and refill, milliseconds. */
  pauseMs: number;
  /** Warm: rounds, and what each target gets in each of them. */
  warmRounds: number;
  warmRequests: number;
  warmMs: number;
  connections: number;
  /** Invocations that must all succeed. */
  soakRequests: number;
  /** A new sandbox for each request, for as long as this, milliseconds. */
  sustainMs: number;
  sustainConnections: number;
  /** Others' containers in a loop, each for as long as this. */
  loopMs: number;
  /** Instances alive at which memory is looked at, ascending; how many functions and instances growth goes up to. */
  alive: readonly number[];
  deployed: readonly number[];
  growthAlive: readonly number[];
  growthSamples: number;
  /** First calls at once, and how often. */
  burst: number;
  bursts: number;
  /** Functions that warm calls are spread over. */
  functions: number;
  neighbourRounds: number;
  neighbourMs: number;
  /** Names of those that run; default: all. */
  sections?: readonly string[];
  /** What is started: of `BUNDLES` and hello, by what they are called. */
  bundles: readonly string[];
  /** Of the others, who starts the larger bundles as well; their ids. */
  peerBundles: "all" | readonly string[];
  /** Compared with others' programs. */
  peers: boolean;
}

export const FULL: Plan = {
  name: "full",
  samples: 200,
  warmUps: 5,
  pauseMs: 60,
  warmRounds: 7,
  warmRequests: 1000,
  warmMs: 2000,
  connections: 32,
  soakRequests: 50_000,
  sustainMs: 60_000,
  sustainConnections: 4,
  loopMs: 10_000,
  alive: [100, 500, 1000, 2000],
  deployed: [1, 100, 1000],
  growthAlive: [1, 100, 1000],
  growthSamples: 100,
  burst: 200,
  bursts: 5,
  functions: 100,
  neighbourRounds: 5,
  neighbourMs: 3000,
  bundles: ["hello", "hono + zod", "AWS SDK"],
  peerBundles: "all",
  peers: true,
};

/** About two minutes. */
export const SHORT: Plan = {
  ...FULL,
  name: "short",
  samples: 15,
  warmUps: 2,
  warmRounds: 2,
  warmRequests: 500,
  warmMs: 1000,
  soakRequests: 5000,
  sustainMs: 10_000,
  loopMs: 1000,
  alive: [50, 200],
  deployed: [1, 25],
  growthAlive: [1, 100],
  growthSamples: 15,
  bursts: 1,
  functions: 25,
  neighbourRounds: 1,
  neighbourMs: 700,
  bundles: ["hello", "AWS SDK"],
  peerBundles: ["bun", "node"],
};
