/** Where a Redis is, in the shape that ioredis takes as its options. */
export type RedisAddress =
  | { path: string; db?: number; username?: string; password?: string }
  | { host: string; port: number; db?: number; username?: string; password?: string; tls?: Record<string, never> };

/**
 * Reads `REDIS_URL`: `unix:///path/redis.sock`, `redis://[user:password@]host[:port][/db]`, `rediss://…` (TLS), or a bare absolute
 * path of a socket. A unix URL may carry `?db=1`. Pure.
 * @throws TypeError for anything else; the message does not repeat the URL, which may hold a password.
 */
export function redisOptions(url: string): RedisAddress {
  if (url.startsWith("/")) return { path: url };
  if (!URL.canParse(url)) throw new TypeError("REDIS_URL is not a URL");
  const parsed = new URL(url);
  const login = credentials(parsed);
  if (parsed.protocol === "unix:") {
    if (parsed.host !== "" || parsed.pathname.length < 2) throw new TypeError("REDIS_URL: a unix URL is written unix:///absolute/path");
    return { path: decodeURIComponent(parsed.pathname), ...login, ...database(parsed.searchParams.get("db") ?? "") };
  }
  if (parsed.protocol !== "redis:" && parsed.protocol !== "rediss:")
    throw new TypeError("REDIS_URL: the scheme must be unix, redis or rediss");
  return {
    host: parsed.hostname === "" ? "127.0.0.1" : parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? 6379 : Number(parsed.port),
    ...login,
    ...database(parsed.pathname.slice(1)),
    ...(parsed.protocol === "rediss:" ? { tls: {} } : {}),
  };
}

function credentials({ username, password }: URL): { username?: string; password?: string } {
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}

function database(text: string): { db?: number } {
  if (text === "") return {};
  if (!/^\d{1,5}$/.test(text)) throw new TypeError("REDIS_URL: the database must be a number");
  return { db: Number(text) };
}
