/**
 * FUNCTION_TIMEOUT: its module never ends to load once the time `SPIN_AFTER` (epoch milliseconds) has come. Before that it loads well, so that
 * it can be deployed.
 */
export const config = { timeoutMs: 1_000 };

while (Date.now() > Number(process.env["SPIN_AFTER"]));

export default (): Response => new Response("loaded in time\n");
