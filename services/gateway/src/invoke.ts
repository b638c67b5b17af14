import type { IncomingMessage, ServerResponse } from "node:http";
import { asFnError, FnError, type VersionRecord } from "@zygo/contracts";
import type { Admission } from "@zygo/core";
import { Exchange } from "./exchange.ts";
import type { Facts } from "./facts.ts";
import { Invocation, type Lane } from "./invocation.ts";
import { seenRequest } from "./request-headers.ts";
import type { Routes } from "./routes.ts";
import type { Streams } from "./streams.ts";
import { parseTarget, type Target } from "./target.ts";
import { Upload } from "./upload.ts";

export interface InvokeOptions {
  routes: Routes;
  admission: Admission;
  lane: Lane;
  streams: Streams<Invocation>;
  address: string;
  linkSecret: string;
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
      if (version !== undefined) this.#start(exchange, target, version);
      else this.#resolveAndStart(exchange, target).catch((error: unknown) => exchange.fail(asFnError(error)));
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
    const version = await this.#given.routes.resolve(target.name, target.ref);
    // The client may have left meanwhile.
    if (!exchange.response.closed) this.#start(exchange, target, version);
  }

  #start(exchange: Exchange, target: Target, version: VersionRecord): void {
    const { admission, lane, streams, address } = this.#given;
    exchange.facts.version = version.version;
    const seen = this.#see(exchange);
    if (!admission.enter(version.version, version.limits))
      throw new FnError("OVERLOADED", "Too many invocations of this function are in flight.");
    const onEnd = (): void => admission.leave(version.version);
    new Invocation({ exchange, seen, version, path: target.path, address, lane, streams, onEnd });
  }

  #see({ request, facts }: Exchange): ReturnType<typeof seenRequest> {
    const seen = seenRequest({
      rawHeaders: request.rawHeaders,
      connection: request.headers.connection,
      remoteAddress: request.socket.remoteAddress ?? "",
      nowMs: Date.now(),
      linkSecret: this.#given.linkSecret,
    });
    facts.trigger = seen.caller === null ? "http" : "function";
    if (seen.caller !== null) facts.caller = seen.caller.function;
    return seen;
  }
}
