/**
 * The least that a function can be: a default export that answers a Request with a Response.
 *
 *   npx fn deploy functions/hello.ts
 *   curl http://127.0.0.1:8080/fn/hello
 */
export default (): Response => new Response("hello\n");
