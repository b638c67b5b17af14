import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { Log } from "@zygo/service";

/** A scrape waits no longer for what the workers tell, milliseconds. */
const WITHIN_MS = 4_000;

/** What functions' instances use, in the text format of Prometheus, as control gathers it; "" while it does not answer. */
export async function usageMetrics(controlSocket: string, log: Log): Promise<string> {
  try {
    return await ask(controlSocket, AbortSignal.timeout(WITHIN_MS));
  } catch (error) {
    log.warn("metrics lack what instances use", { error });
    return "";
  }
}

function ask(socketPath: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: "/metrics", signal, agent: false }, (answer) => {
      if (answer.statusCode === 200) text(answer).then(resolve, reject);
      else answer.destroy(new Error(`control answered ${answer.statusCode}`));
    });
    call.on("error", reject).end();
  });
}
