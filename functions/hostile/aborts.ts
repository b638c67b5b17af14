/** FUNCTION_CRASHED: dies of SIGABRT; `?signal=SIGSEGV` and the like: of that. */
export default function aborts(request: Request): Response {
  const signal = new URL(request.url).searchParams.get("signal");
  if (signal === null) process.abort();
  process.kill(process.pid, signal as NodeJS.Signals);
  return new Response("survived");
}
