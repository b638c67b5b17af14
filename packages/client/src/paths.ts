import { AliasName, FunctionId, FunctionName } from "@zygo/contracts";
import { ApiError } from "./api-error.ts";

/** @throws ApiError BAD_CREDENTIALS for anything but an http(s) URL. */
export function parseBase(url: string): URL {
  const base = URL.parse(url);
  if (base?.protocol === "http:" || base?.protocol === "https:") return base;
  throw new ApiError("BAD_CREDENTIALS", `'${url}' is not a URL of a platform: it looks like http://127.0.0.1:8080.`);
}

/** @throws ApiError INVALID_REQUEST, as the others, before a wrong name becomes part of a path. */
export const functionPath = (name: string): string => `/api/functions/${checked(FunctionName, name)}`;

export const aliasPath = (name: string, alias: string): string => `${functionPath(name)}/aliases/${checked(AliasName, alias)}`;

/** A path below which things are told apart by a name. */
export const namePath = (base: string, name: string): string => `${base}/${encodeURIComponent(name)}`;

export function invokePath(name: string, version: string | undefined, path: string): string {
  const target = checked(FunctionId, name) + (version === undefined ? "" : `@${encodeURIComponent(version)}`);
  return `/fn/${target}${path.startsWith("/") ? path : `/${path}`}`;
}

function checked(schema: typeof FunctionName, name: string): string {
  const parsed = schema.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new ApiError("INVALID_REQUEST", `'${name}' is not a name: it ${parsed.error.issues[0]?.message}.`);
}
