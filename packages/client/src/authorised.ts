import { HEADERS } from "@zygo/contracts/names";
import { ApiError } from "./api-error.ts";
import type { Call, Transport } from "./transport.ts";

/** The same transport, with the key, and the tenant that the operator acts for, on every call. @throws ApiError BAD_CREDENTIALS when no header can hold the key. */
export function authorised(transport: Transport, apiKey: string, tenant?: string): Transport {
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new ApiError("BAD_CREDENTIALS", "The API key is empty or holds characters that no key has.");
  const withKey = (call: Call): Call => {
    const headers = new Headers(call.headers);
    headers.set("authorization", `Bearer ${apiKey}`);
    if (tenant !== undefined) headers.set(HEADERS.tenant, tenant);
    return { ...call, headers };
  };
  return { send: (call) => transport.send(withKey(call)), ask: (call) => transport.ask(withKey(call)) };
}
