/** FUNCTION_ERROR: the handler throws. `?late=1`: after its first await. */
export default async function throws(request: Request): Promise<Response> {
  if (new URL(request.url).searchParams.has("late")) await Promise.resolve();
  throw new Error("thrown on purpose");
}
