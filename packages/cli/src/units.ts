import { UsageError } from "./failure.ts";

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const MIB = { mb: 1, mib: 1, m: 1, gb: 1024, gib: 1024, g: 1024 } as const;

/** `5s`, `250ms`, `1.5m`: whole milliseconds. @throws UsageError */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw new UsageError(`${flag} ${text}: write a number and a unit, such as 500ms, 5s or 2m`);
  return Math.round(Number(match[1]) * MS[match[2] as keyof typeof MS]);
}

/** `128`, `128mb`, `1g`: whole MiB. @throws UsageError */
export function parseMemory(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(mb|mib|m|gb|gib|g)?$/i.exec(text);
  if (match === null) throw new UsageError(`${flag} ${text}: write MiB, such as 128 or 1g`);
  return Math.round(Number(match[1]) * MIB[(match[2]?.toLowerCase() ?? "mb") as keyof typeof MIB]);
}

/** @throws UsageError */
export function parseNumber(flag: string, text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) throw new UsageError(`${flag} ${text}: not a number`);
  return number;
}

/** `412 ms`, `3.1 ms`, `1.2 s`, `30 s`. */
export function showMs(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(1))} s`;
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** `919 B`, `14.2 kB`, `1.3 MB`. */
export function showBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `3 min ago`: the largest unit that fits. */
export function showAgo(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - thenMs) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
}
