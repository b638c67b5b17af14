import type { LoadPayload } from "@zygo/contracts/frames";
import { localName } from "@zygo/contracts/names";
import { MessageSender } from "./triggers/message-sender.ts";

const PRODUCTION = "production";

/**
 * Makes `process.env` hold the function's variables and nothing of the platform's, with NODE_ENV "production" unless given, and
 * `process.argv` name the bundle. @returns the handlers' `env`: what was given, and `queue` (not enumerable, since the rest are strings); frozen.
 */
export function enterEnvironment({ file, env, function: id }: LoadPayload): Readonly<Record<string, string | MessageSender>> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  process.env["NODE_ENV"] = PRODUCTION;
  Object.assign(process.env, env);
  process.argv = [process.execPath, file];
  const given = Object.defineProperty({ ...env }, "queue", { value: new MessageSender(localName(id)) });
  return Object.freeze(given as Record<string, string> & { queue: MessageSender });
}
