import type { Plan } from "../plan.ts";
import { bundleFor, BUNDLES } from "./bundles.ts";
import { bubblewrap, crun, runc } from "./containers.ts";
import { isFound, isMissing, type Peer, type Peers, type Runtime } from "./peer.ts";
import { bun, deno, node, workerd } from "./runtimes.ts";
import { warmServers } from "./warm-servers.ts";

/** Whom this machine can compare with. `scratch`: a directory for their files and sockets. */
export async function findPeers(scratch: string, { bundles, peerBundles }: Pick<Plan, "bundles" | "peerBundles">): Promise<Peers> {
  const candidates = [bun(), workerd(scratch), deno(scratch), node(), bubblewrap(scratch), crun(scratch), runc(scratch)];
  const runtimes = candidates.filter(isFound<Runtime>);
  const servers = warmServers(runtimes);
  const missing = [...candidates, ...servers].filter(isMissing);
  const larger: Peer[] = [];
  for (const each of BUNDLES.filter(({ bundle }) => bundles.includes(bundle))) {
    for (const runtime of runtimes.filter(({ id }) => peerBundles === "all" || peerBundles.includes(id))) {
      larger.push(await serving(runtime, each, scratch));
    }
  }
  return { start: [...runtimes.map(helloOf), ...larger], warm: servers.filter(isFound<Peer>), missing };
}

const helloOf = ({ id, label, version, hello }: Runtime): Peer => ({ id, label, version, bundle: "hello", command: hello });

async function serving(runtime: Runtime, { name, bundle }: { name: string; bundle: string }, scratch: string): Promise<Peer> {
  const file = await bundleFor(runtime.takes, name, scratch);
  const { id, label, version } = runtime;
  return { id: `${id}/${bundle}`, label: `${label}, ${bundle}`, version, bundle, command: runtime.serve(file) };
}
