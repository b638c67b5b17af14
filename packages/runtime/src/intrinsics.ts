/**
 * Built-ins that the runtime goes on using while a function's code runs, taken before that code is loaded: a function that replaces
 * `globalThis.Response`, `JSON` or `Date` changes its own answers and not the protocol.
 */
export const NativeRequest = globalThis.Request;
export const NativeResponse = globalThis.Response;
export const NativeReadableStream = globalThis.ReadableStream;
export const NativeAbortController = globalThis.AbortController;
export const NativeDOMException = globalThis.DOMException;

export const jsonText = JSON.stringify;
export const parseJson = JSON.parse as (text: string) => unknown;
export const nextTick = process.nextTick.bind(process);
export const wallMs = Date.now;
/** Milliseconds, monotonic. */
export const clockMs = performance.now.bind(performance);
export const stringOf = String;
export const byteLength = Buffer.byteLength;
export const bytesOf = Buffer.from.bind(Buffer);

/** Milliseconds of CPU, user and system, that this process has used. */
