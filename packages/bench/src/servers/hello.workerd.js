// A worker that answers "hello"; workerd itself listens, and says where.
export default { fetch: () => new Response("hello\n") };
