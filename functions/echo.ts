/**
 * Answers with the body that it got, byte for byte, while it still comes in: nothing is held in memory, however long it is. Shows streams in both
 * directions and named method handlers: any other method is refused with 405 by the platform.
 *
 *   npx fn deploy functions/echo.ts
 *   curl --data-binary @photo.png -H 'content-type: image/png' http://127.0.0.1:8080/fn/echo > copy.png
 */
function echo(request: Request): Response {
  const type = request.headers.get("content-type") ?? "application/octet-stream";
  return new Response(request.body, { headers: { "content-type": type } });
}

export { echo as POST, echo as PUT };
