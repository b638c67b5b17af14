/** What is known of a run, from outside the platform. All times: `performance.now()` of the harness. */
export interface History {
  calls: readonly Call[];
  jobs: readonly AcceptedJob[];
  /** Messages to the function's queue; nothing is echoed of them. */
  messages: readonly AcceptedJob[];
  /** What the functions told while they ran, in the order in which it came. */
  witnessed: readonly Deed[];
}

/** A sync invocation: sent once, by a caller who waited. */
export interface Call {
  id: string;
  /** How often an answer's end was seen; a connection that broke is none. */
  answers: number;
  /** Of the answer; 0: the connection broke. */
  status: number;
  /** Of a problem answer. */
  code?: string;
  /** The answer took longer than anything may. */
  late?: boolean;
  /** From the body of an answer of the function's own. */
  echoed?: Echo;
  /** `x-fn-version` of the answer. */
  version?: string;
}

/** What the function answers with: who asked, and which run it was. */
export interface Echo {
  id: string;
  /** Drawn anew in each run of the function's code. */
  run: string;
  /** Short name of the bundle that ran. */
  edition: string;
}

/** An asynchronous invocation that was answered with 202, or a message whose sending succeeded. */
export interface AcceptedJob {
  id: string;
  location: string;
  /** As the platform tells it at the end; "missing": it does not know it; otherwise its state. */
  state: string;
  echoed?: Echo;
  attempts: number;
}

/** A function's own word, sent over a socket that leads out of the platform and acknowledged before it went on. */
export interface Deed {
  id: string;
  run: string;
  phase: "start" | "end";
  edition: string;
}
