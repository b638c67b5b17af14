// Deno's own server that answers "hello" on a free port of loopback, which it says on stdout.
const { Deno } = globalThis;
const say = ({ port }) => Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`));
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: say }, () => new Response("hello\n"));
