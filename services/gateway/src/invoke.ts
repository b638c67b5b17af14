import type { IncomingMessage, ServerResponse } from "node:http";
import { asFnError, FnError, type Quotas, type VersionRecord } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { instanceBound, type Admission } from "@zygo/core";
import { asksForReceipt, Exchange } from "./exchange.ts";
import type { Facts } from "./facts.ts";
import type { Gate } from "./gate.ts";
import { Invocation, type Lane } from "./invocation.ts";
import type { Acceptance } from "./jobs/acceptance.ts";
import type { Launch } from "./launch.ts";
import { seenRequest, type SeenRequest } from "./request-headers.ts";
import type { Routes } from "./routes.ts";
import type { Streams } from "./streams.ts";
import { parseTarget, type Target } from "./target.ts";
import { Upload } from "./upload.ts";

export interface InvokeOptions {
  routes: Routes;
  gate: Gate;
  admission: Admission;
  lane: Lane;
  streams: Streams<Invocation>;
  address: string;
  linkSecret: string;
  /** Takes what is to run as a job, or once for an Idempotency-Key. */
  jobs: Acceptance;
  /** Told of each request once, when it is over. */
  record: (facts: Facts) => void;
  /** True once the process is stopping. */
  stopping: () => boolean;
}

/** Takes a request to `/fn/…` from its head to the queue; from there on the Invocation leads. */
export class Invoke {
  readonly #given: InvokeOptions;

  constructor(given: InvokeOptions) {
    this.#given = given;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const exchange = new Exchange(request, response, this.#given.record);
    try {
      const target = this.#target(exchange);
      const version = this.#given.routes.remembered(target.name, target.ref);
      // No promise on the warm path.
      const pending = version === undefined ? this.#resolveAndStart(exchange, target) : this.#start(exchange, target, version);
      pending?.catch((error: unknown) => exchange.fail(asFnError(error)));
    } catch (error) {
      exchange.fail(asFnError(error));
    }
  }

  #target(exchange: Exchange): Target {
    if (this.#given.stopping()) throw new FnError("SHUTTING_DOWN");
    const target = parseTarget(exchange.request.url ?? "/");
    if (target === null) throw new FnError("NOT_FOUND");
    exchange.facts.function = target.name;
    Upload.refuseTooLarge(exchange.request);
    return target;
  }

  async #resolveAndStart(exchange: Exchange, target: Target): Promise<void> {
    const { routes, gate } = this.#given;
    const version = await routes.resolve(target.name, target.ref).catch(async (error: unknown) => {
      throw await gate.hidden(asFnError(error), target.name, this.#see(exchange, true).key);
    });
    // The client may have left meanwhile.
    if (!exchange.response.closed) await this.#start(exchange, target, version);
  }

  /** Undefined when it went on at once. */
  #start(exchange: Exchange, target: Target, version: VersionRecord): Promise<void> | undefined {
    const { gate } = this.#given;
    exchange.facts.version = version.version;
    const seen = this.#see(exchange, gate.takesKey(version));
    const quotas = gate.pass(version, seen, exchange.facts);
    if (!(quotas instanceof Promise)) return void this.#admit({ exchange, target, version, seen, quotas });
    return quotas.then((known) => {
      if (!exchange.response.closed) this.#admit({ exchange, target, version, seen, quotas: known });
    });
  }

  #admit({ exchange, target, version, seen, quotas }: Admitted): void {
    const { jobs } = this.#given;
    if (jobs.wants(exchange.request)) jobs.accept({ exchange, target, version, seen, quotas });
    else {
      const asksReceipt = asksForReceipt(exchange.request);
      exchange.announceReceipt = asksReceipt && this.#given.gate.showsReceipts(version);
      this.launch({ exchange, seen, version, path: target.path, quotas, asksReceipt });
    }
  }

  /** Runs an invocation now, if there is room. @throws FnError QUOTA_EXCEEDED, OVERLOADED */
  launch({ quotas, asksReceipt = false, ...wanted }: Launch): Invocation {
    const { admission, lane, streams, address, gate } = this.#given;
    const { version } = wanted;
    const maxInstances = instanceBound(version.limits, quotas);
    if (maxInstances <= 0) throw new FnError("QUOTA_EXCEEDED", "The tenant's quotas leave no room for an instance of this function.");
    if (!admission.enter(version.version, { ...version.limits, maxInstances }))
      throw new FnError("OVERLOADED", "Too many invocations of this function are in flight.");
    const onEnd = (): void => admission.leave(version.version);
    const answer = asksReceipt && gate.showsReceipts(version) ? "answer" : undefined;
    const receipt = wanted.job === undefined ? answer : "record";
    return new Invocation({ ...wanted, receipt, address, lane, streams, onEnd });
  }

  #see({ request, facts }: Exchange, takesKey: boolean): SeenRequest {
    const seen = seenRequest({
      rawHeaders: request.rawHeaders,
      connection: request.headers.connection,
      remoteAddress: request.socket.remoteAddress ?? "",
      nowMs: Date.now(),
      linkSecret: this.#given.linkSecret,
      key: oneOf(request.headers[HEADERS.key]),
      takesKey,
    });
    facts.trigger = seen.caller === null ? "http" : "function";
    if (seen.caller !== null) facts.caller = seen.caller.function;
    return seen;
  }
}

interface Admitted {
  exchange: Exchange;
  target: Target;
  version: VersionRecord;
  seen: SeenRequest;
  quotas: Quotas;
}

/** Node joins a header that is there twice: such a thing is no key. */
const oneOf = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(", ") : header);
