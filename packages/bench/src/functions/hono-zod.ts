/** A middle-sized bundle: Hono and the whole of zod. A new instance for each request. */
import { Hono } from "hono";
import { z } from "zod";

export const config = { reuse: "never" };

const Todo = z.strictObject({ title: z.string().trim().min(1).max(200), done: z.boolean().default(false) });

const app = new Hono();
app.get("/", (c) => c.json(Todo.parse({ title: " milk " })));

export default app;
