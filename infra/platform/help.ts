export const HELP = `Usage: npm start [-- --no-examples]

Starts Zygo on this machine: its own Redis, control, gateway and worker, and deploys the examples in functions/.
Prints "ready <url>" when it serves. Ctrl-C or SIGTERM stops it in order, a second one (a second or more later) at once.
SIGUSR2 replaces each gateway and worker by a new process while the platform goes on serving.

Environment:
  FN_PORT           port of the gateway (8080)
  FN_HOST           address of the gateway (127.0.0.1)
  FN_HOME           where data, logs and credentials.json are kept (~/.fn)
  FN_ENV            development or production: there functions need a key unless they say otherwise (development)
  FN_DEFAULT_AUTH   public or key, for functions that do not say (by FN_ENV)
  FN_LOG_LEVEL      debug, info, warn or error (info)
  FN_GATEWAYS       gateways side by side on the one port (1)
  FN_WORKERS        workers side by side, each with its own instances (1)
  FN_MAX_INSTANCES  instances that may be alive at a time, in one worker (512)
  FN_POOL_SIZE      instances kept ready ahead of need (4)
  FN_ALLOW_MISSING  mandatory controls that this machine may lack (none; see npm run doctor)
  FN_SPARES         instances forked ahead for each version in use, 0 to 2 (2)
  FN_SECCOMP_DENY   system calls that no function may make, beyond the policy: splice,vmsplice
  FN_NETWORK_PRIVATE  ranges that are not public and that functions' --network rules may name: 10.1.0.0/16,192.168.7.0/24
  FN_DNS            name servers for functions, instead of this machine's
  FN_DURABILITY     fsync: an accepted job is on disk (default); kernel: it outlives processes, not a power cut
  FN_JOB_SLOTS      attempts of asynchronous invocations that run at a time (64)
  FN_BATCH_SLOTS    batches of messages that run at a time (32)
  FN_PRIVATE_DESTINATIONS  1: results may be sent to private and loopback addresses
  FN_KEEP_INVOCATIONS_DAYS, FN_KEEP_INVOCATIONS  how long, and how many, settled invocations are kept (1, 100000)
  FN_KEEP_DEAD_DAYS, FN_KEEP_DEAD                the same for dead letters (14, 10000 a function)
  REDIS_URL         a Redis of yours instead of its own two

Example:
  FN_PORT=9000 FN_HOME=/srv/fn npm start`;
