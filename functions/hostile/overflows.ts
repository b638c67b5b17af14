/** FUNCTION_STACK_OVERFLOW: calls itself without end. */
export default function overflows(): Response {
  return new Response(String(deeper(0)));
}

function deeper(depth: number): number {
  return 1 + deeper(depth + 1);
}
