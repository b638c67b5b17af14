/** Where bodies lie that are too large for Redis. Port of `Payloads` in `packages/artifacts`. */
export interface PayloadStore {
  /** Durable when it resolves. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Null: there is none. */
  get(name: string): Promise<Buffer | null>;
  /** Nothing happens when there is none. */
  remove(name: string): Promise<void>;
}
