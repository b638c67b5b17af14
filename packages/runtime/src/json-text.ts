/**
 * Frame payloads as JSON text, written member by member: `JSON.stringify` of an object would call a `toJSON` that a function has put
 * on `Object.prototype`. Strings alone go through it, which looks nothing up on them.
 */
import type { DonePayload, FailurePayload, HeaderList, LoadedPayload, LogPayload } from "@zygo/contracts/frames";
import { jsonText } from "./intrinsics.ts";

export interface ResponseLine {
  status: number;
  headers: HeaderList;
  handlerMs: number;
}

/** A ResponseHead. */
export function responseText(line: ResponseLine): string {
  return `{"status":${line.status},"headers":${headersText(line.headers)},"handlerMs":${line.handlerMs.toFixed(3)}}`;
}

function headersText(headers: HeaderList): string {
  let text = "";
  for (let i = 0; i < headers.length; i++) {
    const [name, value] = headers[i]!;
    text += `${i === 0 ? "" : ","}[${jsonText(name)},${jsonText(value)}]`;
  }
  return `[${text}]`;
}

export function doneText(payload: DonePayload): string {
  return `{"durationMs":${payload.durationMs.toFixed(3)}}`;
}

export function failureText(payload: FailurePayload): string {
  const error = payload.error === undefined ? "" : `,"error":{${errorMembers(payload.error)}}`;
  return `{"code":${jsonText(payload.code)},"detail":${jsonText(payload.detail)}${error}}`;
}

/** `fieldsText` is the JSON of the fields, or undefined when there are none. */
export function logText(payload: Omit<LogPayload, "fields">, fieldsText: string | undefined): string {
  const fields = fieldsText === undefined ? "" : `,"fields":${fieldsText}`;
  return `{"time":${payload.time},"level":"${payload.level}","message":${jsonText(payload.message)}${fields}}`;
}

/** `configText` is the JSON of the config export. */
export function loadedText(payload: Omit<LoadedPayload, "config">, configText: string): string {
  let handlers = "";
  for (let i = 0; i < payload.handlers.length; i++) handlers += `${i === 0 ? "" : ","}${jsonText(payload.handlers[i])}`;
  const error = payload.error === undefined ? "" : `,"error":{"code":${jsonText(payload.error.code)},${errorMembers(payload.error)}}`;
  return `{"ok":${payload.ok},"loadMs":${payload.loadMs.toFixed(3)},"config":${configText},"handlers":[${handlers}]${error}}`;
}

function errorMembers(error: { name: string; message: string; stack?: string }): string {
  const stack = error.stack === undefined ? "" : `,"stack":${jsonText(error.stack)}`;
  return `"name":${jsonText(error.name)},"message":${jsonText(error.message)}${stack}`;
}
