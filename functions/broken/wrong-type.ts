/** INVALID_CONFIG: `memoryMb` is not a number. */
export const config = { memoryMb: "lots" };

export default () => new Response("never deployed");
