import {
  AliasMove,
  DeployMeta,
  DeployResult,
  FunctionDetail,
  FunctionList,
  FunctionSummary,
  LogPage,
  LogQuery,
  WorkerList,
} from "@zygo/contracts";
import { z } from "zod";

/** What an operation of the API takes and gives. A test holds this list and the routes equal. */
export interface Operation {
  method: "get" | "post" | "put" | "delete";
  /** As in OpenAPI: `{name}` for a parameter. */
  path: string;
  summary: string;
  query?: z.ZodObject;
  body?: { type: string; schema: z.ZodType };
  /** Schema of the success; null: 204 without a body. */
  answer: { name: string; schema: z.ZodType } | null;
  /** Another form of the success, described alone. */
  streams?: string;
  /** Needs no key. */
  open?: boolean;
}

const binary = z.string().meta({ contentEncoding: "binary" });

export const OPERATIONS: readonly Operation[] = [
  { method: "get", path: "/api/functions", summary: "All functions", answer: { name: "FunctionList", schema: FunctionList } },
  {
    method: "get",
    path: "/api/functions/{name}",
    summary: "A function with its versions",
    answer: { name: "FunctionDetail", schema: FunctionDetail },
  },
  { method: "delete", path: "/api/functions/{name}", summary: "Delete a function, its versions and its log", answer: null },
  {
    method: "post",
    path: "/api/functions/{name}/versions",
    summary: "Deploy: make a version, load it once, make it live",
    body: { type: "multipart/form-data", schema: z.object({ meta: DeployMeta, bundle: binary, sourceMap: binary.optional() }) },
    answer: { name: "DeployResult", schema: DeployResult },
  },
  {
    method: "put",
    path: "/api/functions/{name}/aliases/{alias}",
    summary: "Point an alias at a version; moving `live` back is a rollback",
    body: { type: "application/json", schema: AliasMove },
    answer: { name: "FunctionSummary", schema: FunctionSummary },
  },
  {
    method: "get",
    path: "/api/functions/{name}/logs",
    summary: "A function's log, oldest line first",
    query: LogQuery,
    answer: { name: "LogPage", schema: LogPage },
    streams: "application/x-ndjson",
  },
  { method: "get", path: "/api/workers", summary: "Workers that are alive", answer: { name: "WorkerList", schema: WorkerList } },
  {
    method: "get",
    path: "/api/openapi.json",
    summary: "This document",
    answer: { name: "OpenApi", schema: z.looseObject({}) },
    open: true,
  },
];
