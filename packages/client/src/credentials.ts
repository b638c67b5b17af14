import { readFile } from "node:fs/promises";
import { homePaths } from "@zygo/contracts";
import { z } from "zod";
import { ApiError } from "./api-error.ts";

const Credentials = z.object({ url: z.url(), apiKey: z.string().min(1) });
export type Credentials = z.infer<typeof Credentials>;

/**
 * The URL and admin key that `npm start` left in FN_HOME; null when it has not run there yet.
 * @throws ApiError BAD_CREDENTIALS when the file is there but cannot be read or is damaged.
 */
export async function findCredentials(home: string): Promise<Credentials | null> {
  const { credentials } = homePaths(home);
  try {
    return Credentials.parse(JSON.parse(await readFile(credentials, "utf8")));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    if (reason === "ENOENT" || reason === "ENOTDIR") return null;
    const detail =
      reason === undefined
        ? `${credentials} is damaged: start the platform anew to write it.`
        : `${credentials} cannot be read (${reason}).`;
    throw new ApiError("BAD_CREDENTIALS", detail, { cause });
  }
}
