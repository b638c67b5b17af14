/** Stands for whichever function is being bundled: `peers/bundles.ts` puts it in place of this file. */
export { default } from "../functions/hono-zod.ts";
