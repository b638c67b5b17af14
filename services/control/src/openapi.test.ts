import type { Hono } from "hono";
import { expect, test } from "vitest";
import type { Context } from "./context.ts";
import { createApp } from "./app.ts";
import { openApiDocument } from "./openapi.ts";
import { findOperation, OPERATIONS } from "./operations.ts";

interface Document {
  paths: Record<string, Record<string, { parameters: { name: string; in: string }[]; security?: unknown[] }>>;
  components: { schemas: Record<string, unknown> };
}
const document = openApiDocument("http://host") as unknown as Document;

test("the routes and the description are the same", () => {
  const app: Hono<never> = createApp({} as Context) as unknown as Hono<never>;
  const routes = app.routes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith("/api"))
    .map(({ method, path }) => `${method} ${path}`);
  const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`);
  expect([...new Set(routes)].sort()).toEqual(described.sort());
});

test("every reference leads somewhere", () => {
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] ?? "");
  expect(references.length).toBeGreaterThan(5);
  for (const name of references) expect(document.components.schemas).toHaveProperty(name);
});

test("parameters of path and query are described", () => {
  const operation = document.paths["/api/functions/{name}/logs"]?.["get"];
  expect(operation?.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).toEqual([
    "path name",
    "query after",
    "query limit",
    "query follow",
  ]);
});

test("what a caller sends is described as it is sent, with its bounds", () => {
  const text = JSON.stringify(document.paths["/api/functions/{name}/versions"]);
  expect(text).toContain('"memoryMb":{"type":"integer","minimum":32,"maximum":4096}');
  expect(text).toContain('"required":["meta","bundle"]');
});

test("only the description itself is open; every other operation says what it needs", () => {
  const all = Object.entries(document.paths).flatMap(([path, methods]) => Object.values(methods).map((each) => ({ path, ...each })));
  expect(all.filter(({ security }) => security?.length === 0).map(({ path }) => path)).toEqual(["/api/openapi.json"]);
  for (const each of all) expect(each, each.path).toHaveProperty("x-fn-needs");
});

test("an operation is found by method and path, HEAD as GET, nothing else", () => {
  for (const operation of OPERATIONS) {
    const path = operation.path.replaceAll(/\{\w+\}/g, "a");
    expect(findOperation(operation.method.toUpperCase(), path)).toBe(operation);
  }
  expect(findOperation("HEAD", "/api/functions")?.method).toBe("get");
  expect(findOperation("PATCH", "/api/functions")).toBeUndefined();
  expect(findOperation("GET", "/api/functions/a/b/c/d")).toBeUndefined();
  expect(findOperation("GET", "/api/openapiXjson")).toBeUndefined();
});
