import { homedir } from "node:os";
import { join } from "node:path";
import type { Client } from "@zygo/client";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

const DEFAULT_URL = "http://127.0.0.1:8080";

/** Where the platform is. */
export interface Connection {
  client: Client;
  url: string;
}

/**
 * FN_URL and FN_API_KEY, else what `npm start` left in FN_HOME. The key of that file goes to that file's URL alone.
 * @throws ApiError BAD_CREDENTIALS; UsageError when a key is needed and none is known.
 */
export async function connect(env: Io["env"], { needsKey = true } = {}): Promise<Connection> {
  const { createClient, findCredentials } = await import("@zygo/client");
  const given = { url: env["FN_URL"] || undefined, apiKey: env["FN_API_KEY"] || undefined };
  const found = given.url !== undefined && (given.apiKey !== undefined || !needsKey) ? null : await findCredentials(homeOf(env));
  const url = given.url ?? found?.url ?? DEFAULT_URL;
  const own = found !== null && sameOrigin(found.url, url) ? found.apiKey : undefined;
  const apiKey = given.apiKey ?? own;
  if (apiKey === undefined && needsKey) throw new UsageError(noKey(given.url, homeOf(env)));
  return { client: createClient({ url, apiKey: apiKey ?? "none" }), url };
}

const homeOf = (env: Io["env"]): string => env["FN_HOME"] || join(homedir(), ".fn");

const sameOrigin = (one: string, other: string): boolean => URL.parse(one)?.origin === URL.parse(other)?.origin;

function noKey(url: string | undefined, home: string): string {
  if (url !== undefined) return `no API key for ${url}: set FN_API_KEY`;
  return `no platform has run in ${home}: start one with \`npm start\`, or set FN_URL and FN_API_KEY`;
}
