import type { Scope } from "@zygo/contracts/names";
import type { z } from "zod";

/** What an operation of the API takes and gives. A test holds this list and the routes equal. */
export interface Operation {
  method: "get" | "post" | "put" | "delete";
  /** As in OpenAPI: `{name}` for a parameter. */
  path: string;
  summary: string;
  query?: z.ZodObject;
  body?: { type: string; schema: z.ZodType };
  /** Not about one function by its path; the route keeps to the functions of a key that is for some alone. */
  narrows?: true;
  /** Schema of the success; null: 204 without a body. */
  answer: { name: string; schema: z.ZodType } | null;
  /** Another form of the success, described alone. */
  streams?: string;
  /** What the key must allow: a scope in the tenant, any key at all, or the operator's; `none`: no key is needed. */
  needs: Scope | "any key" | "operator" | "none";
}
