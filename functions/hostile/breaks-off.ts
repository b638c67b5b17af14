import { setTimeout } from "node:timers/promises";

/** Its body fails after the first piece, when the caller has a status already; `?never=1`: the second piece never comes, so its deadline does. */
export const config = { timeoutMs: 1_000 };

export default function breaksOff(request: Request): Response {
  const never = new URL(request.url).searchParams.has("never");
  return new Response(ReadableStream.from(pieces(never)).pipeThrough(new TextEncoderStream()));
}

async function* pieces(never: boolean): AsyncGenerator<string> {
  yield "the first piece\n";
  if (never) await new Promise(() => {});
  await setTimeout(200);
  throw new Error("the second piece is missing on purpose");
}
