/** FUNCTION_INVALID_RESPONSE: answers with what is no Response, chosen by `?kind=`. */
const ANSWERS: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  text: () => "hello",
  object: () => ({ status: 200 }),
  used: async () => {
    const response = new Response("read already");
    await response.text();
    return response;
  },
  error: () => Response.error(),
};

export default function badResponse(request: Request): unknown {
  return ANSWERS[new URL(request.url).searchParams.get("kind") ?? "undefined"]?.();
}
