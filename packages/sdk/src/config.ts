/**
 * The entry's `config` export. Every member is optional; what is left out has the platform's default. `fn deploy` checks it and names
 * the member that is wrong.
 */
export interface FunctionConfig {
  /** Default "node24". */
  runtime?: "node22" | "node24" | "node26" | undefined;
  /** MiB, 32 to 4096; default 128. */
  memoryMb?: number | undefined;
  /** Milliseconds, 10 to 900,000; default 30,000. The invocation is ended then, whatever it does. */
  timeoutMs?: number | undefined;
  /** Cores, 0.05 to 64; default 1. 0.5 is half of one. */
  cpu?: number | undefined;
  /** Processes and threads, 8 to 4096; default 64. */
  pids?: number | undefined;
  /** MiB of /tmp, 1 to 4096; default 64. */
  tmpMb?: number | undefined;
  /** Files and directories in /tmp, 16 to 1,000,000; default 4096. */
  tmpFiles?: number | undefined;
  /** Descriptors that a process may have open, 64 to 65,536; default 1024. */
  openFiles?: number | undefined;
  /** MiB/s that an instance reads from the host's disk, and as many that it writes, 0.1 to 100,000; default 200. */
  diskMbPerSecond?: number | undefined;
  /** MiB of an answer's body, streamed ones too, 0.001 to 1,000,000; default 100. What is more is cut off. */
  responseMb?: number | undefined;
  /** Invocations that one instance serves at a time, 1 to 1000; default 1. */
  concurrency?: number | undefined;
  /** Instances that are kept ready, 0 to 1000; default 0. */
  minInstances?: number | undefined;
  /** Instances that may exist, 1 to 10,000; default 100. */
  maxInstances?: number | undefined;
  /** Milliseconds that an idle instance is kept, up to 86,400,000; default 60,000. */
  idleTimeoutMs?: number | undefined;
  /** How many invocations an instance serves in its life; "never" is one. Default "always". */
  reuse?: "always" | "never" | number | undefined;
  /** False: each instance loads the module itself, none is forked from a template that has loaded it. Default true. */
  template?: boolean | undefined;
  /**
   * The path of a GET request that the template handles once before instances are forked from it, "/" say, so that their first request
   * finds everything compiled. It must have no side effect; its answer is thrown away. Default null: none.
   */
  warmup?: string | null | undefined;
  /**
   * What the function reaches beyond its tenant's functions. "internet" (the default): public addresses. "none": nothing. A list: what
   * it names alone, as "api.example.com:443", "*.example.com:443" or "203.0.113.0/24:5432"; private ranges need the operator's consent.
   */
  network?: "none" | "internet" | { allow: string[] } | undefined;
  /** Mbit/s that an instance sends, and as many that it receives, 0.1 to 100,000; default 100. */
  networkMbps?: number | undefined;
  /**
   * Who may invoke it: "public" is anyone, "key" whoever has an API key of its tenant with the scope `invoke`. Default null: what is usual
   * in the installation ("public" in development, "key" in production).
   */
  auth?: "public" | "key" | null | undefined;
  /** Names of secrets (`fn secrets set`) that it gets as environment variables: its own of that name, else its tenant's. */
  secrets?: string[] | undefined;
  /**
   * Volumes of the tenant (`fn volume create`), and where each is: all instances see one, and what is written stays. Paths are absolute,
   * such as "/data"; not below /app, /tmp, /usr and the like. A function with volumes has no template.
   */
  volumes?: { name: string; path: string; readOnly?: boolean | undefined }[] | undefined;
  /**
   * npm packages that are not bundled but travel beside the bundle, with all that they need, such as one that opens files of its own at
   * run time. Packages with native code (`.node`) do so by themselves. Written out as strings: the bundler reads it without running it.
   */
  external?: string[] | undefined;
  /** When asynchronous invocations that failed are tried again. */
  retry?:
    | {
        /** Tries in all, 1 to 100; default 4. */
        attempts?: number | undefined;
        /** Milliseconds before the second try, doubled for each further one; default 1000. */
        backoffMs?: number | undefined;
        /** Milliseconds, the longest pause; default 300,000. */
        maxBackoffMs?: number | undefined;
        /** Milliseconds after the acceptance within which a try may begin; default 86,400,000. */
        maxAgeMs?: number | undefined;
      }
    | undefined;
  /** Asynchronous invocations that run at a time, 1 to 10,000; default 100. */
  maxJobs?: number | undefined;
  /** Gets the result of each asynchronous invocation that succeeded. */
  onSuccess?: Destination | null | undefined;
  /** Gets the result of each that went to the dead letters. */
  onFailure?: Destination | null | undefined;
  /** When the `scheduled` handler runs: cron fields, 5 or (seconds first) 6, in UTC, or a schedule with more to it. At most 32. */
  cron?: (string | Schedule)[] | undefined;
  /** How messages reach the `queue` handler. */
  queue?:
    | {
        /** Messages of one batch at most, 1 to 100; default 10. */
        batchSize?: number | undefined;
        /** Milliseconds that a message waits for others to share its batch, up to 60,000; default 1000. */
        maxWaitMs?: number | undefined;
        /** Deliveries of a message before it is a dead letter, 1 to 100; default 5. */
        maxAttempts?: number | undefined;
        /** Milliseconds before a message comes again, doubled for each further time; default 1000. */
        backoffMs?: number | undefined;
        /** Batches that are worked on at a time, 1 to 100; default 4. */
        concurrency?: number | undefined;
      }
    | undefined;
}

/** An entry of `config.cron`. */
export interface Schedule {
  /** Default: made of fields and zone. */
  name?: string | undefined;
  /** 5 fields (minute hour day month weekday), or 6 with seconds first. */
  schedule: string;
  /** IANA name, such as "Europe/Berlin"; default "UTC". */
  timeZone?: string | undefined;
  /** When a slot comes while the one before still runs: it is left out (the default), waits, runs beside it, or ends it. */
  overlap?: "skip" | "queue" | "allow" | "replace" | undefined;
  /** Slots that went by while the platform was down: none runs (the default), the last, or so many. */
  catchUp?: "none" | "last" | { all: number } | undefined;
  /** A run begins up to so many milliseconds after its slot, so that not all begin at once. Default 0. */
  jitterMs?: number | undefined;
  /** Default: one attempt. */
  retry?: FunctionConfig["retry"];
  /** `onFailure` is told of the run that completes so many failures in a row, and of no other of the row; default 1. */
  onFailureAfter?: number | undefined;
  /** Default, and null: that of the function. */
  onFailure?: Destination | null | undefined;
}

/** A function, or a URL: what it gets is signed (Standard Webhooks) with the secret in this function's variable `secretEnv`. */
export type Destination = { function: string } | { url: string; secretEnv: string };
