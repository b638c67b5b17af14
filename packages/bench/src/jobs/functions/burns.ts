/** 10 ms of computing, by two instances. */
export const config = { maxInstances: 2, concurrency: 1 };

export default function burns(): Response {
  for (const endMs = performance.now() + 10; performance.now() < endMs;);
  return new Response("burnt");
}
