import type { FunctionRecord, VersionRecord } from "@zygo/contracts";
import type { Log } from "@zygo/service";

export interface StandingSource {
  find(name: string): Promise<FunctionRecord | null>;
  list(): Promise<FunctionRecord[]>;
  version(name: string, digest: string): Promise<VersionRecord | null>;
  onChanged(listener: (name: string | null) => void): () => void;
}

/**
 * Names the versions that an alias points to and that ask for instances at any rate (`minInstances`): all of them now, and each as an
 * alias moves to it. `stand` may be told of one more than once. @returns a function that ends it.
 */
export function followStanding(source: StandingSource, stand: (name: string, digest: string) => void, log: Log): () => void {
  const look = async (name: string | null): Promise<void> => {
    try {
      const records = name === null ? await source.list() : [await source.find(name)];
      for (const record of records) if (record !== null) await standing(source, record, stand);
    } catch (error) {
      log.warn("functions not read", { function: name, error });
    }
  };
  const unfollow = source.onChanged((name) => void look(name));
  void look(null);
  return unfollow;
}

async function standing(source: StandingSource, record: FunctionRecord, stand: (name: string, digest: string) => void): Promise<void> {
  for (const digest of new Set(Object.values(record.aliases))) {
    const version = await source.version(record.name, digest);
    if (version !== null && version.limits.minInstances > 0) stand(record.name, digest);
  }
}
