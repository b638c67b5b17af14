/** Methods that an entry may export by name. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;

export const ACCEPTED_SHAPES =
  "export default { fetch(request, env, ctx) } (a Hono app is one), export default a function (request, env, ctx), " +
  "or export functions named GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS";

export type Call = (request: Request, env: unknown, ctx: unknown) => unknown;

export interface Handlers {
  /** What answers a method; undefined: the entry has no handler for it. */
  forMethod(method: string): Call | undefined;
  /** For the `allow` header of a refusal; empty when every method is answered. */
  allowed: string[];
  /** "fetch", "scheduled", "queue", or method names. */
  names: string[];
}

/** The entry offers nothing that can answer; the message names what would. */
export class NoHandlers extends Error {
  override name = "NoHandlers";
}

/**
 * Finds an entry's handlers in its exports: the default export first (also one wrapped twice by module interop), then the exports
 * themselves. @throws NoHandlers
 */
export function resolveHandlers(exports: unknown): Handlers {
  const once = read(exports, "default");
  const places = [once, read(once, "default"), exports];
  for (const place of places) {
    const answer = fetchOf(place);
    if (answer !== undefined) return { forMethod: () => answer, allowed: [], names: ["fetch", ...extraNames(place, exports)] };
  }
  for (const place of [exports, once]) {
    const found = methodsOf(place);
    if (found.size > 0) return byMethod(found, extraNames(exports));
  }
  throw new NoHandlers(isClass(once) ? `The default export is a class; export an instance of it` : `Nothing to call: ${ACCEPTED_SHAPES}`);
}

function fetchOf(place: unknown): Call | undefined {
  const method = read(place, "fetch");
  // Looked up at each call: an app may set its `fetch` later, and `this` must be the app.
  if (typeof method === "function") return (request, env, ctx) => (place as { fetch: Call }).fetch(request, env, ctx);
  return typeof place === "function" && !isClass(place) ? (place as Call) : undefined;
}

function methodsOf(place: unknown): Map<string, Call> {
  const found = new Map<string, Call>();
  for (const method of METHODS) {
    const call = read(place, method);
    if (typeof call === "function") found.set(method, call as Call);
  }
  const get = found.get("GET");
  if (get !== undefined && !found.has("HEAD")) found.set("HEAD", get);
  return found;
}

function byMethod(found: Map<string, Call>, extra: string[]): Handlers {
  const allowed = [...found.keys()];
  return { forMethod: (method) => found.get(method), allowed, names: [...allowed, ...extra] };
}

const extraNames = (...places: unknown[]): string[] =>
  ["scheduled", "queue"].filter((name) => places.some((place) => typeof read(place, name) === "function"));

const isClass = (value: unknown): boolean => typeof value === "function" && Function.prototype.toString.call(value).startsWith("class");

function read(place: unknown, name: string): unknown {
  const holder = (typeof place === "object" && place !== null) || typeof place === "function";
  return holder ? (place as Record<string, unknown>)[name] : undefined;
}
