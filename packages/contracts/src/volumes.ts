import { z } from "zod";
import { FunctionName } from "./function-names.ts";

/** MiB that a volume may have. */
const LEAST_MB = 16;
const MOST_MB = 64 * 1024;

/** Names of volumes: labels, as functions have. */
export const VolumeName = z
  .string()
  .regex(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "must be 1-63 of a-z, 0-9 and '-', starting with a letter, not ending in '-'");

/** What the platform needs of a sandbox's root: nothing is mounted on these, below or above them. */
const TAKEN = ["app", "base", "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "root", "run", "sbin", "sys", "tmp", "usr"];

/** Where a volume is in a sandbox. */
export const VolumePath = z
  .string()
  .max(200)
  .regex(/^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, "must be an absolute path of plain names, such as /data")
  .refine((path) => !TAKEN.includes(path.split("/")[1] ?? ""), "belongs to the platform: choose another, such as /data");

/** A volume that a function wants. */
export const VolumeMount = z.strictObject({
  name: VolumeName,
  path: VolumePath,
  readOnly: z.boolean().optional(),
});
export type VolumeMount = z.infer<typeof VolumeMount>;

/** No name twice, and no path twice or within another. */
export const VolumeMounts = z
  .array(VolumeMount)
  .max(8)
  .refine((mounts) => new Set(mounts.map(({ name }) => name)).size === mounts.length, "a volume is there twice")
  .refine(
    (mounts) => !mounts.some(({ path }, at) => mounts.some((other, index) => index !== at && `${other.path}/`.startsWith(`${path}/`))),
    "a path is there twice, or lies within another",
  );

export const VolumeCreate = z.strictObject({
  name: VolumeName,
  /** MiB that it holds, the file system's own needs included. */
  sizeMb: z.int().min(LEAST_MB).max(MOST_MB).default(1024),
});
export type VolumeCreate = z.input<typeof VolumeCreate>;

export const VolumeView = z.object({
  name: VolumeName,
  createdMs: z.int(),
  /** Its quota, bytes. */
  sizeBytes: z.int(),
  /** What it takes on the host's disk, bytes. */
  usedBytes: z.int(),
  /** Functions of which a version names it. */
  functions: z.array(FunctionName),
});
export type VolumeView = z.infer<typeof VolumeView>;
export const VolumeList = z.object({ volumes: z.array(VolumeView) });

/** The image of a volume, below the directory of all volumes. */
export const volumeImage = (tenant: string, name: string): string => `${tenant}/${name}.img`;
