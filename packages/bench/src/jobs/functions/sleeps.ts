/** 20 ms of waiting, by eight instances that serve one call at a time: 400 a second. */
export const config = { maxInstances: 8, concurrency: 1 };

export default async function sleeps(): Promise<Response> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return new Response("slept");
}
