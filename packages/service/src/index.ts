export { createLog, type Log } from "./log.ts";
export type { LogSink } from "./log-sink.ts";
export { listenPrivately } from "./private-socket.ts";
export { defaultAuth, KnownPort, platformVariables, reachableHost, SHARED_VARIABLES, type LogLevel } from "./settings.ts";
