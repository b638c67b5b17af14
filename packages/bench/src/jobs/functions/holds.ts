/** Keeps the one attempt that may run for most of a minute, so that what is accepted meanwhile waits. */
export const config = { maxJobs: 1, timeoutMs: 60_000 };

export default async function holds(): Promise<Response> {
  await new Promise((resolve) => setTimeout(resolve, 55_000));
  return new Response("held");
}
