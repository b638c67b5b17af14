/** A function as a worker; workerd itself listens, and says where. */
import app from "./function.ts";

export default { fetch: (request: Request): Response | Promise<Response> => app.fetch(request) };
