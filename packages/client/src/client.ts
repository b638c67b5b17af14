import { DeployResult, DoctorReport, FunctionDetail, FunctionList, FunctionSummary, WorkerList } from "@zygo/contracts";
import type { AliasMove, DeployMeta, LogLine } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { accessCalls, type AccessCalls } from "./access-calls.ts";
import type { Abortable } from "./abortable.ts";
import { parseAnswer, problemOf } from "./answer.ts";
import { deployForm } from "./deploy-form.ts";
import { liveCalls, type LiveCalls } from "./live-calls.ts";
import { readLogs, type LogRange } from "./logs.ts";
import { aliasPath, functionPath, invokePath, parseBase } from "./paths.ts";
import { jobCalls, type JobCalls } from "./jobs.ts";
import { authorised } from "./authorised.ts";
import { cronCalls, queueCalls, webhookCalls, type CronCalls, type QueueCalls, type WebhookCalls } from "./triggers.ts";
import { createTransport, type Body, type Fetch, type HeaderList, type Transport } from "./transport.ts";

const CALL_MS = 15_000;
/** Upload, probe (30 s at most) and the wait for another deploy of the same name. */
const DEPLOY_MS = 90_000;

export interface Deploy extends Abortable {
  name: string;
  meta: DeployMeta;
  bundle: Uint8Array | string;
  sourceMap?: Uint8Array | string | null | undefined;
  /** A tar of `app/node_modules/…`: packages that the bundle does not hold. */
  dependencies?: Uint8Array | null | undefined;
}

export interface Invocation extends Abortable {
  /** As the function sees it, query included; default `/`. */
  path?: string | undefined;
  /** Default: GET, with a body POST. */
  method?: string | undefined;
  headers?: HeaderList | undefined;
  body?: Body | undefined;
  /** Version (digest or its first digits) or alias; default: `live`. */
  version?: string | undefined;
}

/** Every call throws ApiError, or the signal's reason when the caller aborts. */
export interface Client extends AccessCalls, JobCalls, LiveCalls {
  deploy(deploy: Deploy): Promise<DeployResult>;
  list(options?: Abortable): Promise<FunctionSummary[]>;
  get(name: string, options?: Abortable): Promise<FunctionDetail>;
  delete(name: string, options?: Abortable): Promise<void>;
  /** `version`: a digest, its first digits (six or more) or another alias. */
  moveAlias(name: string, alias: string, version: string, options?: Abortable): Promise<FunctionSummary>;
  /** Oldest first. Ends at the last line, or with `follow`, without an error, when the signal aborts. */
  logs(name: string, range?: LogRange): AsyncGenerator<LogLine, void, undefined>;
  /** What the hosts of the live workers offer and lack; for the operator's key alone. */
  doctor(options?: Abortable): Promise<DoctorReport>;
  workers(options?: Abortable): Promise<WorkerList["workers"]>;
  cron: CronCalls;
  webhooks: WebhookCalls;
  queues: QueueCalls;
  /** The function's answer as it is, a problem answer too. No deadline but the signal. `id`: `<tenant>.<name>` outside of `default`. */
  invoke(id: string, invocation?: Invocation): Promise<Response>;
}

export interface ClientOptions {
  url: string;
  /** Undefined: what needs a key fails with UNAUTHENTICATED. */
  apiKey: string | undefined;
  /** Of the operator's key: the tenant that its calls are for. Default: `default`. */
  tenant?: string | undefined;
  fetch?: Fetch;
}

/** A client of one platform. Opens no connection by itself. @throws ApiError BAD_CREDENTIALS when URL or key cannot be right. */
export function createClient({ url, apiKey, tenant, fetch = globalThis.fetch }: ClientOptions): Client {
  const base = parseBase(url);
  const anyone = createTransport(base, fetch);
  const admin = apiKey === undefined ? anyone : authorised(anyone, apiKey, tenant);
  return {
    ...functionCalls(admin),
    ...jobCalls(admin),
    ...accessCalls(admin),
    ...liveCalls(admin),
    async doctor({ signal } = {}) {
      return parseAnswer(DoctorReport, await admin.ask({ path: "/api/doctor", signal, deadlineMs: CALL_MS }));
    },
    cron: cronCalls(admin),
    webhooks: webhookCalls(admin),
    queues: queueCalls(admin),
    async workers({ signal } = {}) {
      return parseAnswer(WorkerList, await admin.ask({ path: "/api/workers", signal, deadlineMs: CALL_MS })).workers;
    },
    logs: (name, range = {}) => readLogs(admin, base, name, range),
    async invoke(id, { path = "/", method, headers: given, body, version, signal } = {}) {
      const verb = method ?? (body === undefined || body === null ? "GET" : "POST");
      const headers = new Headers(given);
      // Never as Authorization: that is the function's to see, and to send.
      if (apiKey !== undefined && !headers.has(HEADERS.key)) headers.set(HEADERS.key, apiKey);
      return anyone.send({ path: invokePath(id, version, path), method: verb, headers, body, signal });
    },
  };
}

function functionCalls(admin: Transport): Pick<Client, "deploy" | "list" | "get" | "delete" | "moveAlias"> {
  return {
    async deploy({ name, signal, ...parts }) {
      const call = { path: `${functionPath(name)}/versions`, method: "POST", body: deployForm(parts) };
      return parseAnswer(DeployResult, await admin.ask({ ...call, signal, deadlineMs: DEPLOY_MS }));
    },
    async list({ signal } = {}) {
      return parseAnswer(FunctionList, await admin.ask({ path: "/api/functions", signal, deadlineMs: CALL_MS })).functions;
    },
    async get(name, { signal } = {}) {
      return parseAnswer(FunctionDetail, await admin.ask({ path: functionPath(name), signal, deadlineMs: CALL_MS }));
    },
    async delete(name, { signal } = {}) {
      const answer = await admin.ask({ path: functionPath(name), method: "DELETE", signal, deadlineMs: CALL_MS });
      if (!answer.response.ok) throw problemOf(answer);
    },
    async moveAlias(name, alias, version, { signal } = {}) {
      const move: AliasMove = { version };
      const headers = new Headers({ "content-type": "application/json" });
      const call = { path: aliasPath(name, alias), method: "PUT", headers, body: JSON.stringify(move) };
      return parseAnswer(FunctionSummary, await admin.ask({ ...call, signal, deadlineMs: CALL_MS }));
    },
  };
}
