/** Says when it began: Unix milliseconds. */
export const config = { concurrency: 100, maxJobs: 1000 };

export default {
  fetch: (): Response => new Response(String(Date.now())),
  scheduled: (): Response => new Response(String(Date.now())),
};
