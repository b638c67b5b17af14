/** Types for functions; there is nothing here at run time. */
export type { Destination, FunctionConfig, Schedule } from "./config.ts";
export type { Context, Log, Trigger } from "./context.ts";
export type { AfterFork, Env, ExportedHandler, Handler } from "./handler.ts";
export type { Batch, Message, QueueSender, RetryOptions, ScheduledEvent, SendOptions } from "./triggers.ts";
