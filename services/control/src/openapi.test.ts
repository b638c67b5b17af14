import type { Hono } from "hono";
import { expect, test } from "vitest";
import type { Context } from "./context.ts";
import { createApp } from "./app.ts";
import { openApiDocument } from "./openapi.ts";
import { OPERATIONS } from "./operations.ts";

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

test("only the description itself is open", () => {
  const open = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap((each) => (each.security === undefined ? [] : [path])),
  );
  expect(open).toEqual(["/api/openapi.json"]);
});
