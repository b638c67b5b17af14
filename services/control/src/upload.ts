import { DeployMeta, FnError, MAX_BUNDLE_BYTES } from "@zygo/contracts";
import { MAX_DEPENDENCIES_BYTES, MAX_SOURCE_MAP_BYTES } from "@zygo/contracts/names";
import type { z } from "zod";
import { limitedBody, tooLarge } from "./limited-body.ts";
import { parseJson, parseRequest } from "./parse.ts";

/** Limits of each part, bytes. The environment is what makes `meta` long. */
const MAX_BYTES = {
  meta: 1024 * 1024,
  bundle: MAX_BUNDLE_BYTES,
  sourceMap: MAX_SOURCE_MAP_BYTES,
  dependencies: MAX_DEPENDENCIES_BYTES,
} as const;
type PartName = keyof typeof MAX_BYTES;
/** Boundaries and headers of the parts. */
const FRAMING_BYTES = 64 * 1024;
/** A deploy's request. */
export const MAX_UPLOAD_BYTES = FRAMING_BYTES + Object.values(MAX_BYTES).reduce((sum, bytes) => sum + bytes, 0);

export interface Upload {
  meta: z.output<typeof DeployMeta>;
  bundle: Buffer;
  sourceMap: Buffer | null;
  dependencies: Buffer | null;
}

/** Reads the multipart body of a deploy. @throws FnError INVALID_REQUEST, PAYLOAD_TOO_LARGE */
export async function readUpload(request: Request): Promise<Upload> {
  const form = await readForm(request);
  for (const name of form.keys()) if (!Object.hasOwn(MAX_BYTES, name)) throw malformed(`there is no part '${name}' in a deploy`);
  const meta = await readPart(form, "meta");
  const bundle = await readPart(form, "bundle");
  if (meta === null) throw malformed("part 'meta' is missing");
  if (bundle === null || bundle.length === 0) throw malformed("part 'bundle' is missing or empty");
  return {
    meta: parseRequest(DeployMeta, parseJson(meta.toString("utf8"), "meta"), "meta"),
    bundle,
    sourceMap: await readPart(form, "sourceMap"),
    dependencies: await readPart(form, "dependencies"),
  };
}

async function readForm(request: Request): Promise<FormData> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\s*;/i.test(type)) throw malformed("it is not multipart/form-data");
  const body = limitedBody(request, MAX_UPLOAD_BYTES);
  try {
    return await new Response(body, { headers: { "content-type": type } }).formData();
  } catch (cause) {
    throw findTooLarge(cause) ?? malformed("its multipart body cannot be read", cause);
  }
}

/** The parser wraps what its source throws. */
function findTooLarge(thrown: unknown): FnError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) if (error instanceof FnError) return error;
  return undefined;
}

async function readPart(form: FormData, name: PartName): Promise<Buffer | null> {
  const [part, ...more] = form.getAll(name);
  if (more.length > 0) throw malformed(`part '${name}' is there twice`);
  if (part === undefined) return null;
  const content = typeof part === "string" ? Buffer.from(part) : Buffer.from(await part.arrayBuffer());
  if (content.length > MAX_BYTES[name]) throw tooLarge(MAX_BYTES[name], `Part '${name}'`);
  return content;
}

const malformed = (reason: string, cause?: unknown): FnError =>
  new FnError("INVALID_REQUEST", `The upload is malformed: ${reason}`, { cause });
