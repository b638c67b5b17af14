/**
 * Calls another function by its name: `/hello/some/path` becomes `/some/path` of `hello`. Shows `http://<name>.fn.internal`, which only functions
 * can reach and where the platform vouches for who calls, and a stream that is passed on as it comes.
 *
 *   npx fn deploy functions/hello.ts && npx fn deploy functions/proxy.ts
 *   curl http://127.0.0.1:8080/fn/proxy/hello
 */
const TARGET = /^\/([a-z][a-z0-9-]{0,62})(\/.*)?$/;

/** Headers that are about one connection or one encoding of the body, not about the message. `fetch` has already decoded the body. */
const NOT_PASSED_ON = ["connection", "content-encoding", "content-length", "host", "keep-alive", "server-timing", "transfer-encoding"];

export default async function proxy(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const [, name, path = "/"] = TARGET.exec(pathname) ?? [];
  if (name === undefined) return Response.json({ error: "call /<function>/<path>" }, { status: 400 });
  const answer = await fetch(`http://${name}.fn.internal${path}${search}`, {
    method: request.method,
    headers: passedOn(request.headers),
    body: request.body,
    duplex: "half",
    redirect: "manual",
    signal: request.signal,
  });
  return new Response(answer.body, { status: answer.status, headers: passedOn(answer.headers) });
}

function passedOn(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of NOT_PASSED_ON) kept.delete(name);
  return kept;
}
