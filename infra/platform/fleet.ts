import type { Service } from "./service.ts";

/** The processes of one service. Each has a slot: a small number that no other living one has, for the names of its sockets. */
export class Fleet {
  readonly #make: (slot: number) => Service;
  readonly #members = new Map<number, Service>();

  constructor(count: number, make: (slot: number) => Service) {
    this.#make = make;
    for (let slot = 0; slot < count; slot++) this.#members.set(slot, make(slot));
  }

  /** @throws StartupError when one of them does not start */
  async start(): Promise<void> {
    await Promise.all([...this.#members.values()].map((service) => service.start()));
  }

  /**
   * One after the other: a new process is ready before the old one is asked to finish, so that there is no gap.
   *
   * @throws StartupError when a new one does not start. It is ended; the old ones that are left stay.
   */
  async replace(): Promise<void> {
    for (const [slot, old] of [...this.#members]) {
      const free = this.#freeSlot();
      const fresh = this.#make(free);
      this.#members.set(free, fresh);
      try {
        await fresh.start();
      } catch (error) {
        fresh.kill();
        this.#members.delete(free);
        throw error;
      }
      await old.stop();
      this.#members.delete(slot);
    }
  }

  /** Resolves when the last one is gone. Never fails. */
  async stop(): Promise<void> {
    await Promise.all([...this.#members.values()].map((service) => service.stop()));
  }

  kill(): void {
    for (const service of this.#members.values()) service.kill();
  }

  #freeSlot(): number {
    let slot = 0;
    while (this.#members.has(slot)) slot++;
    return slot;
  }
}
