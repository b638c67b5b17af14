/** Does not parse: line 3, column 54. */
export default function (request: Request): Response {
  return new Response("a closing parenthesis missing";
}
