import { LIVE_ALIAS, type Schedule } from "@zygo/contracts";
import { parseCron, type Slots } from "@zygo/core";
import type { Store } from "@zygo/store";

/** A schedule that counts now. */
export interface Entry {
  function: string;
  schedule: Schedule;
  source: "config" | "api";
  slots: Slots;
}

type Reader = Pick<Store, "list" | "version" | "storedSchedules" | "find">;

/** All schedules: of the live versions' `config.cron`, and those added by hand to functions that exist. A config's name wins. */
export async function readAgenda(store: Reader): Promise<Entry[]> {
  const [records, stored] = await Promise.all([store.list(), store.storedSchedules()]);
  const perFunction = await Promise.all(records.map(({ name }) => readEntries(store, name, stored)));
  return perFunction.flat();
}

/** The schedules of one function; none when it does not exist. */
export async function readEntries(store: Reader, id: string, stored?: Awaited<ReturnType<Reader["storedSchedules"]>>): Promise<Entry[]> {
  const live = (await store.find(id))?.aliases[LIVE_ALIAS];
  if (live === undefined) return [];
  const configured = (await store.version(id, live))?.limits.cron ?? [];
  const added = (stored ?? (await store.storedSchedules(id))).filter((each) => each.function === id);
  const names = new Set(configured.map(({ name }) => name));
  return [
    ...configured.map((schedule) => entryOf(id, schedule, "config")),
    ...added.filter(({ name }) => !names.has(name)).map(({ createdMs: _, function: __, ...schedule }) => entryOf(id, schedule, "api")),
  ];
}

const entryOf = (id: string, schedule: Schedule, source: Entry["source"]): Entry => ({
  function: id,
  schedule,
  source,
  slots: parseCron(schedule.schedule, schedule.timeZone),
});

/** What of a schedule decides its slots: when it changes, what went by before is not its. */
export const specOf = ({ schedule, timeZone }: Schedule): string => `${schedule} ${timeZone}`;
