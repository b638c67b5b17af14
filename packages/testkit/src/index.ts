export { CHECKOUT, example } from "./checkout.ts";
export { cgroupsNamed, held, settled, type Held } from "./leaks.ts";
export { type InstanceView } from "./instances.ts";
export { type Deployed, type Platform, startPlatform } from "./platform.ts";
export { makeProject, type Project } from "./project.ts";
export { descendants, namespaces, processes, processesNaming, survivors, type ProcessFacts } from "./processes.ts";
export { RedisServer } from "./redis-server.ts";
export { zygotePids } from "./service-pids.ts";
export { waitFor } from "./wait-for.ts";
