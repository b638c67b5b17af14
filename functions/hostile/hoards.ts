/** FUNCTION_OOM: keeps what it allocates, outside V8's heap or, with `?kind=heap`, in it. `?mb=` ends it there, and it answers. */
export const config = { memoryMb: 64, timeoutMs: 20_000 };

const MIB = 1024 * 1024;

export default function hoards(request: Request): Response {
  const { searchParams } = new URL(request.url);
  const most = Number(searchParams.get("mb") ?? Infinity);
  const take = searchParams.get("kind") === "heap" ? onHeap : offHeap;
  const kept: unknown[] = [];
  while (kept.length < most) kept.push(take());
  return new Response(`kept ${kept.length} MiB\n`);
}

/** Filled with something else than zero: an untouched page costs nothing. */
const offHeap = (): Buffer => Buffer.alloc(MIB, 1);

const onHeap = (): unknown[] => Array.from({ length: MIB / 32 }, (_, index) => ({ index, double: index + 0.5 }));
