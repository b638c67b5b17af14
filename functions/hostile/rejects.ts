import { setTimeout } from "node:timers/promises";

/** FUNCTION_UNHANDLED_REJECTION: a promise that nobody waits for is rejected while the handler still works. */
export default async function rejects(): Promise<Response> {
  void Promise.reject(new Error("rejected on purpose"));
  await setTimeout(1_000);
  return new Response("survived");
}
