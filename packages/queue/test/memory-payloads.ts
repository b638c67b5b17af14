import type { PayloadStore } from "../src/index.ts";

/** Payloads that last as long as the test. */
export function memoryPayloads(): PayloadStore & { readonly held: Map<string, Buffer> } {
  const held = new Map<string, Buffer>();
  return {
    held,
    put: (name, bytes) => Promise.resolve(void held.set(name, Buffer.from(bytes))),
    get: (name) => Promise.resolve(held.get(name) ?? null),
    remove: (name) => Promise.resolve(void held.delete(name)),
  };
}
