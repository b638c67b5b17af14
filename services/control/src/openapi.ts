import { AliasName, FunctionName, SecretName, TenantName } from "@zygo/contracts";
import { z } from "zod";
import type { Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

type Json = Record<string, unknown>;

const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  requestId: z.string(),
  retryable: z.boolean(),
});
const PARAMETERS: Record<string, z.ZodType> = { name: FunctionName, alias: AliasName, tenant: TenantName, secret: SecretName };

const KEYS =
  "An API key. What it must allow stands at each operation: a scope (`deploy`, `invoke`, `read`, or `admin`, which includes them), or `operator`: the installation's own key, which may name the tenant that a call is for in `x-fn-tenant`.";

/** The API as an OpenAPI 3.1 document, out of the schemas that the routes parse with. @source OpenAPI 3.1.0, §4.8 */
export function openApiDocument(publicUrl: string): Json {
  const answers = OPERATIONS.flatMap(({ answer }) => (answer === null ? [] : [[answer.name, toSchema(answer.schema, "output")]]));
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS) paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  return {
    openapi: "3.1.0",
    info: { title: "Zygo admin API", version: "1" },
    servers: [{ url: publicUrl }],
    security: [{ key: [] }],
    paths,
    components: {
      schemas: { ...(Object.fromEntries(answers) as Json), Problem: toSchema(Problem, "output") },
      securitySchemes: { key: { type: "http", scheme: "bearer", description: KEYS } },
    },
  };
}

function describe({ path, summary, query, body, answer, streams, needs }: Operation): Json {
  const problem = { description: "A problem (RFC 9457)", content: { "application/problem+json": { schema: ref("Problem") } } };
  return {
    summary,
    security: needs === "none" ? [] : [{ key: needs === "any key" ? [] : [needs] }],
    "x-fn-needs": needs,
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { [body.type]: { schema: toSchema(body.schema, "input") } } } }),
    responses:
      answer === null ? { 204: { description: "Done" }, default: problem } : { 200: success(answer.name, streams), default: problem },
  };
}

function success(name: string, streams: string | undefined): Json {
  const lines =
    streams === undefined
      ? {}
      : { [streams]: { schema: { type: "string", description: "One JSON document a line; blank lines mean nothing" } } };
  return { description: "Done", content: { "application/json": { schema: ref(name) }, ...lines } };
}

function pathParameters(path: string): Json[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  return names.map((name) => ({ name, in: "path", required: true, schema: toSchema(PARAMETERS[name] ?? z.string(), "input") }));
}

function queryParameters(query: z.ZodObject | undefined): Json[] {
  const schema = query === undefined ? {} : toSchema(query, "input");
  return Object.entries((schema["properties"] ?? {}) as Json).map(([name, member]) => ({
    name,
    in: "query",
    required: false,
    schema: member,
  }));
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

function toSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
