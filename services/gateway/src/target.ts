/** What an invoke URL names: `/fn/<name>[@<version or alias>][/<path>][?<query>]`. */
export interface Target {
  name: string;
  /** Version (digest or a prefix of its hex) or alias; null when the URL names none. */
  ref: string | null;
  /** What the function sees: starts with '/', query included, byte for byte as it came. */
  path: string;
}

const PREFIX = "/fn/";

/** @param url the request target, absolute form (RFC 9112, 3.2.2) included; null when it is no invoke URL. */
export function parseTarget(url: string): Target | null {
  if (!url.startsWith(PREFIX)) return url.startsWith("http") ? parseAbsolute(url) : null;
  const end = endOfSegment(url, PREFIX.length);
  const segment = decoded(url.slice(PREFIX.length, end));
  const at = segment.indexOf("@");
  const rest = url.slice(end);
  return {
    name: at < 0 ? segment : segment.slice(0, at),
    ref: at < 0 ? null : segment.slice(at + 1),
    path: rest.startsWith("/") ? rest : `/${rest}`,
  };
}

function parseAbsolute(url: string): Target | null {
  const relative = /^https?:\/\/[^/?#]*(\/.*)$/i.exec(url)?.[1];
  return relative === undefined ? null : parseTarget(relative);
}

function endOfSegment(url: string, from: number): number {
  for (let at = from; at < url.length; at++) {
    const char = url[at];
    if (char === "/" || char === "?" || char === "#") return at;
  }
  return url.length;
}

/** Some clients write '@' and ':' as %40 and %3A. What does not decode names nothing, and is looked up as it is. */
function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
