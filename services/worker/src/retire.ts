import type { FunctionRecord } from "@zygo/contracts";
import type { Log } from "@zygo/service";
import type { Rooms } from "./rooms.ts";
import type { Templates } from "./templates.ts";

export interface AliasSource {
  /** Null: there is no such function (any more). */
  find(name: string): Promise<FunctionRecord | null>;
  onChanged(listener: (name: string | null) => void): () => void;
}

/** Keeps groups and templates told of whether an alias still points to their version. @returns a function that ends it. */
export function followAliases(source: AliasSource, rooms: Rooms, templates: Templates, log: Log): () => void {
  const check = async (name: string): Promise<void> => {
    try {
      const record = await source.find(name);
      const pointed = new Set(Object.values(record?.aliases ?? {}));
      templates.retire(name, pointed);
      for (const group of rooms.groups) if (group.name === name) group.retired = !pointed.has(group.digest);
    } catch (error) {
      log.warn("aliases not read", { function: name, error });
    }
  };
  return source.onChanged((changed) => {
    const names = new Set([...[...rooms.groups].map((group) => group.name), ...templates.functions]);
    for (const name of names) if (changed === null || changed === name) void check(name);
  });
}
