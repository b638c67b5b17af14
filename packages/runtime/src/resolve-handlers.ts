/** Methods that an entry may export by name. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;

const EVENTS = ["scheduled", "queue"] as const;

export const ACCEPTED_SHAPES =
  "export default { fetch(request, env, ctx) } (a Hono app is one), export default a function (request, env, ctx), " +
  "or export functions named GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS; for cron and queues, " +
  "scheduled(event, env, ctx) and queue(batch, env, ctx) beside it or alone";

/** `subject` is the Request, the ScheduledEvent or the Batch. */
export type Call = (subject: unknown, env: unknown, ctx: unknown) => unknown;

export interface Handlers {
  /** What answers a method; undefined: the entry has no handler for it. */
  forMethod(method: string): Call | undefined;
  /** For the `allow` header of a refusal; empty when every method is answered. */
  allowed: string[];
  scheduled: Call | undefined;
  queue: Call | undefined;
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
  const events = { scheduled: eventOf(places, "scheduled"), queue: eventOf(places, "queue") };
  const eventNames = EVENTS.filter((name) => events[name] !== undefined);
  for (const place of places) {
    const answer = fetchOf(place);
    if (answer !== undefined) return { forMethod: () => answer, allowed: [], ...events, names: ["fetch", ...eventNames] };
  }
  const found = methodsOf(exports) ?? methodsOf(once) ?? new Map<string, Call>();
  const allowed = [...found.keys()];
  const names = [...allowed, ...eventNames];
  if (names.length > 0) return { forMethod: (method) => found.get(method), allowed, ...events, names };
  throw new NoHandlers(isClass(once) ? `The default export is a class; export an instance of it` : `Nothing to call: ${ACCEPTED_SHAPES}`);
}

/** The export `afterFork`, or the default export's method of that name. */
export function findAfterFork(exports: unknown): (() => unknown) | undefined {
  for (const place of [exports, read(exports, "default")]) {
    const found = read(place, "afterFork");
    if (typeof found === "function") return () => Reflect.apply(found, place, []) as unknown;
  }
  return undefined;
}

function fetchOf(place: unknown): Call | undefined {
  const method = read(place, "fetch");
  // Looked up at each call: an app may set its `fetch` later, and `this` must be the app.
  if (typeof method === "function") return (request, env, ctx) => (place as { fetch: Call }).fetch(request, env, ctx);
  return typeof place === "function" && !isClass(place) ? (place as Call) : undefined;
}

function eventOf(places: unknown[], name: (typeof EVENTS)[number]): Call | undefined {
  const place = places.find((candidate) => typeof read(candidate, name) === "function");
  return place === undefined ? undefined : (subject, env, ctx) => (place as Record<string, Call>)[name]!(subject, env, ctx);
}

function methodsOf(place: unknown): Map<string, Call> | undefined {
  const found = new Map<string, Call>();
  for (const method of METHODS) {
    const call = read(place, method);
    if (typeof call === "function") found.set(method, call as Call);
  }
  const get = found.get("GET");
  if (get !== undefined && !found.has("HEAD")) found.set("HEAD", get);
  return found.size > 0 ? found : undefined;
}

const isClass = (value: unknown): boolean => typeof value === "function" && Function.prototype.toString.call(value).startsWith("class");

function read(place: unknown, name: string): unknown {
  const holder = (typeof place === "object" && place !== null) || typeof place === "function";
  return holder ? (place as Record<string, unknown>)[name] : undefined;
}
