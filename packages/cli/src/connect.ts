import { homedir } from "node:os";
import { join } from "node:path";
import type { Client } from "@zygo/client";
import type { Io } from "./io.ts";

const DEFAULT_URL = "http://127.0.0.1:8080";

/** Where the platform is. */
export interface Connection {
  client: Client;
  url: string;
}

/**
 * FN_URL and FN_API_KEY, else what `npm start` left in FN_HOME. The key of that file goes to that file's URL alone.
 * @throws ApiError BAD_CREDENTIALS; UNREACHABLE when nothing says where a platform is and a key is needed.
 */
export async function connect(env: Io["env"], { needsKey = true } = {}): Promise<Connection> {
  const { ApiError, createClient, findCredentials } = await import("@zygo/client");
  const given = { url: env["FN_URL"] || undefined, apiKey: env["FN_API_KEY"] || undefined };
  const found = given.url !== undefined && (given.apiKey !== undefined || !needsKey) ? null : await findCredentials(homeOf(env));
  const url = given.url ?? found?.url ?? DEFAULT_URL;
  const own = found !== null && sameOrigin(found.url, url) ? found.apiKey : undefined;
  const apiKey = given.apiKey ?? own;
  if (apiKey === undefined && needsKey) {
    if (given.url !== undefined) throw new ApiError("BAD_CREDENTIALS", `There is no API key for ${url}: set FN_API_KEY.`);
    throw new ApiError("UNREACHABLE", `No platform has run in ${homeOf(env)}: start one with \`npm start\`, or set FN_URL and FN_API_KEY.`);
  }
  return { client: createClient({ url, apiKey, tenant: env["FN_TENANT"] || undefined }), url };
}

const homeOf = (env: Io["env"]): string => env["FN_HOME"] || join(homedir(), ".fn");

const sameOrigin = (one: string, other: string): boolean => URL.parse(one)?.origin === URL.parse(other)?.origin;
