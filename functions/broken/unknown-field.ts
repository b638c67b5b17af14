/** INVALID_CONFIG: there is no `memory`. */
export const config = { memory: 128 };

export default () => new Response("never deployed");
