import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { example, startPlatform, survivors, descendants, waitFor, type Platform } from "@zygo/testkit";
import { afterEach, expect, test } from "vitest";

const CLIENTS = 8;

let platform: Platform;
afterEach(() => platform?.stop());

interface Load {
  /** What was not "hello", in the callers' words. */
  wrong: string[];
  answered: number;
  stop(): Promise<void>;
}

/** Clients that call one after another, half of them on connections that they keep, half on a new one each. */
function load(url: string): Load {
  const state: Load & { stopping: boolean } = { wrong: [], answered: 0, stopping: false, stop: () => Promise.resolve() };
  const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: false })];
  const clients = Array.from({ length: CLIENTS }, async (_, index) => {
    while (!state.stopping) {
      const said = await call(url, agents[index % 2]!).catch((error: unknown) => String(error));
      if (said !== "200 hello\n") state.wrong.push(said);
      state.answered++;
      await nextTurn();
    }
  });
  state.stop = async () => {
    state.stopping = true;
    await Promise.all(clients);
    for (const agent of agents) agent.destroy();
  };
  return state;
}

async function call(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (response) => {
      text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
    });
    asked.once("error", reject).end();
  });
}

test("gateways and workers are replaced under load: each request is answered, and the old processes are gone", async () => {
  platform = await startPlatform({ env: { FN_GATEWAYS: "2", FN_WORKERS: "2" } });
  await platform.deploy(example("hello"));
  const old = descendants(platform.supervisor.pid).filter(({ command }) => /services\/(gateway|worker)\/src\/main\.ts$/.test(command));
  expect(old).toHaveLength(4);
  const { url } = platform;
  const running = load(`${url}/fn/hello`);
  await waitFor("some answers", () => running.answered > 100, 20_000);
  await platform.replaceServices();
  const answered = running.answered;
  await waitFor("answers of the new ones", () => running.answered > answered + 100, 20_000);
  await running.stop();
  expect(running.wrong).toEqual([]);
  expect(survivors(old)).toEqual([]);
});
