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
  peers: true,
};

/** Under two minutes. */
export const SHORT: Plan = {
  ...FULL,
  name: "short",
  samples: 40,
  warmUps: 3,
  warmRounds: 3,
  warmRequests: 500,
  warmMs: 1000,
  soakRequests: 5000,
  sustainMs: 5000,
};
