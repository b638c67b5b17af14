import type { SlotRecord } from "@zygo/contracts";
import type { OpenSlot, Store } from "@zygo/store";
import { specOf, type Entry } from "./agenda.ts";
import { lastRuns, run, type FireContext } from "./fire.ts";

/** Open slots that one look deals with. */
const MOST = 1000;

type Context = FireContext & { store: FireContext["store"] & Pick<Store, "openSlots" | "slotRecord"> };

/** Writes down how runs ended, and lets slots that waited begin. Repeated, by several processes, it does no harm. */
export async function settleOpenSlots(context: Context, entryOf: (slot: OpenSlot) => Entry | undefined): Promise<void> {
  const open = await context.store.openSlots(MOST);
  await Promise.all(open.map((slot) => settleFired(context, slot)));
  // One after the other, the oldest first: each waits for the one before.
  for (const slot of open) await beginWaiting(context, slot, entryOf(slot));
}

async function settleFired({ store, jobs, now }: Context, slot: OpenSlot): Promise<void> {
  const record = await store.slotRecord(slot, slot.slotMs);
  if (record === null) return void (await close(store, slot, { slotMs: slot.slotMs, state: "cancelled", why: "Its schedule is gone" }));
  if (record.state !== "fired") return;
  const found = record.invocation === undefined ? null : await jobs.records.find(record.invocation);
  const why = found?.reason ?? undefined;
  const settledMs = found?.settledMs ?? now();
  if (found?.state === "succeeded") await close(store, slot, { ...record, state: "succeeded", settledMs }, "=");
  else if (found?.state === "failed")
    await close(store, slot, { ...record, state: "failed", settledMs, ...(why === undefined ? {} : { why }) }, "+");
  else if (found === null || found.state === "cancelled")
    await close(store, slot, { ...record, state: "cancelled", settledMs, why: why ?? "Its run's record is gone" });
}

async function close(store: Context["store"], { function: id, name }: OpenSlot, record: SlotRecord, failures?: "+" | "="): Promise<void> {
  await store.recordSlot({ function: id, name, record, ...(failures === undefined ? {} : { failures }) });
}

async function beginWaiting(context: Context, slot: OpenSlot, entry: Entry | undefined): Promise<void> {
  const { store } = context;
  const record = await store.slotRecord(slot, slot.slotMs);
  if (record?.state !== "waiting") return;
  if (entry === undefined) return await close(store, slot, { ...record, state: "cancelled", why: "Its schedule is gone" });
  const state = await store.scheduleState(slot, specOf(entry.schedule));
  if (state.paused || (await lastRuns(context, state))) return;
  await close(store, slot, await run(context, entry, { slotMs: slot.slotMs, failures: state.failures }));
}
