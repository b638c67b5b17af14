/**
 * Answers at once, and leaves behind a promise that never settles and a timer that goes on. Neither was given to `ctx.waitUntil`, so neither may
 * keep the instance busy, nor may what the timer writes be counted to a later request.
 */
let served = 0;

export default function leaksPromise(): Response {
  const mine = ++served;
  void new Promise(() => {});
  setInterval(() => console.log(`left behind by request ${mine}`), 50);
  return new Response(`served ${mine}\n`);
}
