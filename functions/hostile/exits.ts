/** FUNCTION_EXITED: ends its own process, with `?code=`. */
export default function exits(request: Request): Response {
  process.exit(Number(new URL(request.url).searchParams.get("code") ?? 3));
}
