export { cgroupsNamed, held, settled, type Held } from "./leaks.ts";
export { descendants, namespaces, processes, type ProcessFacts } from "./processes.ts";
export { RedisServer } from "./redis-server.ts";
