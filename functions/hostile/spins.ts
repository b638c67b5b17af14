/** FUNCTION_TIMEOUT: never lets go of the CPU, so that only a clock outside can end it. `?ms=` ends it after so long, and it answers. */
export const config = { timeoutMs: 1_000 };

export default function spins(request: Request): Response {
  const end = Date.now() + Number(new URL(request.url).searchParams.get("ms") ?? Infinity);
  while (Date.now() < end);
  return new Response("done\n");
}
