/** FUNCTION_TIMEOUT: never lets go of the CPU, so that only a clock outside can end it. */
export const config = { timeoutMs: 1_000 };

export default function spins(): Response {
  for (;;);
}
