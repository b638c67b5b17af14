/**
 * A JSON API of todos with Hono and zod. Shows a whole app as the default export, validation errors, and limits set in code. The todos live in
 * this instance's memory: one instance serves many requests at a time, and they are gone with it.
 *
 *   npx fn deploy functions/api.ts
 *   curl http://127.0.0.1:8080/fn/api/todos -H 'content-type: application/json' -d '{"title":"milk"}'
 *   curl http://127.0.0.1:8080/fn/api/todos
 */
import { Hono } from "hono";
import type { Context } from "hono";
// As a namespace, what is not used of zod stays out of the bundle: 170 KB instead of 650.
import * as z from "zod";
import type { FunctionConfig } from "@zygo/sdk";

export const config: FunctionConfig = { memoryMb: 128, timeoutMs: 5_000, concurrency: 100, maxInstances: 1 };

const NewTodo = z.strictObject({ title: z.string().trim().min(1).max(200), done: z.boolean().default(false) });
const TodoChange = z.strictObject({ title: z.string().trim().min(1).max(200).optional(), done: z.boolean().optional() });
type Todo = z.infer<typeof NewTodo> & { id: string };

const LIMIT = 1000;
const todos = new Map<string, Todo>();

const app = new Hono();

app.get("/todos", (c) => c.json({ todos: [...todos.values()] }));

app.post("/todos", async (c) => {
  const todo = { id: crypto.randomUUID(), ...NewTodo.parse(await c.req.json()) };
  if (todos.size >= LIMIT) return c.json({ error: `there are ${LIMIT} todos already` }, 409);
  todos.set(todo.id, todo);
  return c.json(todo, 201, { location: `todos/${todo.id}` });
});

app.get("/todos/:id", (c) => {
  const todo = todos.get(c.req.param("id"));
  return todo === undefined ? notFound(c) : c.json(todo);
});

app.patch("/todos/:id", async (c) => {
  const todo = todos.get(c.req.param("id"));
  if (todo === undefined) return notFound(c);
  Object.assign(todo, TodoChange.parse(await c.req.json()));
  return c.json(todo);
});

app.delete("/todos/:id", (c) => (todos.delete(c.req.param("id")) ? c.body(null, 204) : notFound(c)));

app.notFound(notFound);

/** Errors of the request are the caller's; any other is thrown on, and becomes the platform's FUNCTION_ERROR. */
app.onError((error, c) => {
  if (error instanceof z.ZodError) {
    return c.json({ error: "invalid", issues: error.issues.map(({ path, message }) => ({ path: path.join("."), message })) }, 400);
  }
  if (error instanceof SyntaxError) return c.json({ error: "the body is not JSON" }, 400);
  throw error;
});

function notFound(c: Context): Response {
  return c.json({ error: "not found" }, 404);
}

export default app;
