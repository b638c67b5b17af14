export const HELP = `fn: serverless functions in micro-containers that are forked, not booted

Usage: fn <command> [arguments]

Commands:
  deploy <file…>        bundle files and put them live, one function each
  invoke <name> [path]  call a function and print its answer
  list                  what is deployed
  describe <name>       its live version: limits, handlers, start-up, whether it forks from a template
  inspect <name>        its live instances as the kernel sees them: namespaces, limits, privileges
  receipts <name>       what its last invocations took: CPU, memory, disk, network, phases
  top                   what functions use now, refreshed
  logs <name>           what a function wrote
  dlq <command>         dead letters: list, show, redrive, purge
  replay <invocation>   run a recorded request again
  delete <name>         remove a function and its versions
  keys                  make, list and revoke API keys
  secrets               values that functions get and nobody else sees
  volume                directories that last, which functions share
  tenants               make, list, change and remove tenants, with their quotas
  whoami                whose key this is, and what it may do
  audit                 who changed what
  doctor                what the workers' hosts offer and lack for isolation
  cron <verb>           run functions at times
  webhook <verb>        run functions on signed deliveries
  queue <verb>          messages: send, list, pause, resume, purge
  bench                 measure start-up and throughput on this machine
  help [command]        this text, or a command's own

Options:
  --tenant <name>       of any command: act for this tenant; with the operator's key
  --help, -h            of fn or of a command
  --version, -v

Environment:
  FN_URL, FN_API_KEY    the platform and the key to it
  FN_TENANT             as --tenant
  FN_HOME               else: read from credentials.json in here (default ~/.fn)

Exit codes:
  0  done
  1  the function or the platform failed
  2  the command was given wrongly
  3  nothing answers at the URL
  4  no such function or version
  5  the function is invalid: it does not bundle or load, or its config is wrong

Examples:
  fn deploy hello.ts
  fn invoke hello
  fn logs hello -f
`;
