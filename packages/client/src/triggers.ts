import {
  MessagesSent,
  QueueActed,
  QueueList,
  QueueView,
  ScheduleList,
  ScheduleView,
  SignedDelivery,
  SlotList,
  WebhookList,
  WebhookSecret,
  WebhookView,
} from "@zygo/contracts";
import type { MessagesSend, QueueAction, ScheduleSpec, SlotRecord, WebhookCreate } from "@zygo/contracts";
import type { z } from "zod";
import { parseAnswer, problemOf } from "./answer.ts";
import type { Abortable } from "./abortable.ts";
import { functionPath } from "./paths.ts";
import type { Transport } from "./transport.ts";

const CALL_MS = 15_000;
const encode = encodeURIComponent;

export interface CronCalls {
  list(options?: Abortable): Promise<ScheduleView[]>;
  add(name: string, spec: ScheduleSpec, options?: Abortable): Promise<ScheduleView>;
  remove(name: string, schedule: string, options?: Abortable): Promise<void>;
  act(name: string, schedule: string, action: "run" | "pause" | "resume", options?: Abortable): Promise<ScheduleView>;
  /** The newest first; `limit` at most 200. */
  slots(name: string, schedule: string, options?: Abortable & { limit?: number }): Promise<SlotRecord[]>;
}

export interface WebhookCalls {
  list(options?: Abortable): Promise<WebhookView[]>;
  get(name: string, options?: Abortable): Promise<WebhookView>;
  create(webhook: WebhookCreate, options?: Abortable): Promise<WebhookSecret>;
  rotate(name: string, rotation: { secret?: string; keepMs?: number }, options?: Abortable): Promise<WebhookSecret>;
  remove(name: string, options?: Abortable): Promise<void>;
  /** A delivery as the sender would make it, to be sent as it is. */
  sign(name: string, options?: Abortable): Promise<SignedDelivery>;
}

export interface QueueCalls {
  list(options?: Abortable): Promise<QueueView[]>;
  get(name: string, options?: Abortable): Promise<QueueView>;
  /** 1 to 100 messages: all of them, or none. @returns their ids, once they are durable */
  send(name: string, messages: MessagesSend["messages"], options?: Abortable): Promise<string[]>;
  /** `purge` cancels all that wait. */
  act(name: string, action: QueueAction, options?: Abortable): Promise<QueueActed>;
}

interface Asked<S> extends Abortable {
  schema: S;
  path: string;
  method?: string;
  body?: unknown;
}

async function ask<S extends z.ZodType>(admin: Transport, { schema, path, method = "GET", body, signal }: Asked<S>): Promise<z.output<S>> {
  const headers = new Headers(body === undefined ? {} : { "content-type": "application/json" });
  const call = { path, method, headers, signal, deadlineMs: CALL_MS, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return parseAnswer(schema, await admin.ask(call));
}

async function remove(admin: Transport, path: string, { signal }: Abortable = {}): Promise<void> {
  const answer = await admin.ask({ path, method: "DELETE", signal, deadlineMs: CALL_MS });
  if (!answer.response.ok) throw problemOf(answer);
}

export function cronCalls(admin: Transport): CronCalls {
  const schedules = (name: string): string => `${functionPath(name)}/schedules`;
  const place = (name: string, schedule: string): string => `${schedules(name)}/${encode(schedule)}`;
  return {
    list: async (options = {}) => (await ask(admin, { schema: ScheduleList, path: "/api/schedules", ...options })).schedules,
    add: (name, body, options = {}) => ask(admin, { schema: ScheduleView, path: schedules(name), method: "POST", body, ...options }),
    remove: (name, schedule, options) => remove(admin, place(name, schedule), options),
    act: (name, schedule, action, options = {}) =>
      ask(admin, { schema: ScheduleView, path: `${place(name, schedule)}/${action}`, method: "POST", ...options }),
    slots: async (name, schedule, { limit = 20, ...options } = {}) =>
      (await ask(admin, { schema: SlotList, path: `${place(name, schedule)}/slots?limit=${limit}`, ...options })).slots,
  };
}

export function webhookCalls(admin: Transport): WebhookCalls {
  const path = "/api/webhooks";
  const place = (name: string): string => `${path}/${encode(name)}`;
  return {
    list: async (options = {}) => (await ask(admin, { schema: WebhookList, path, ...options })).webhooks,
    get: (name, options = {}) => ask(admin, { schema: WebhookView, path: place(name), ...options }),
    create: (body, options = {}) => ask(admin, { schema: WebhookSecret, path, method: "POST", body, ...options }),
    rotate: (name, body, options = {}) =>
      ask(admin, { schema: WebhookSecret, path: `${place(name)}/rotate`, method: "POST", body, ...options }),
    remove: (name, options) => remove(admin, place(name), options),
    sign: (name, options = {}) => ask(admin, { schema: SignedDelivery, path: `${place(name)}/sign`, method: "POST", ...options }),
  };
}

export function queueCalls(admin: Transport): QueueCalls {
  const place = (name: string): string => `${functionPath(name)}/queue`;
  return {
    list: async (options = {}) => (await ask(admin, { schema: QueueList, path: "/api/queues", ...options })).queues,
    get: (name, options = {}) => ask(admin, { schema: QueueView, path: place(name), ...options }),
    send: async (name, messages, options = {}) => {
      const call = { schema: MessagesSent, path: `${functionPath(name)}/messages`, method: "POST", body: { messages } };
      return (await ask(admin, { ...call, ...options })).ids;
    },
    act: (name, action, options = {}) => ask(admin, { schema: QueueActed, path: `${place(name)}/${action}`, method: "POST", ...options }),
  };
}
