import { setTimeout } from "node:timers/promises";

/** FUNCTION_TIMEOUT: answers, but half a second after its deadline. */
export const config = { timeoutMs: 300 };

export default async function late(): Promise<Response> {
  await setTimeout(config.timeoutMs + 500);
  return new Response("too late");
}
