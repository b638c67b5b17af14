import type { Quotas } from "@zygo/contracts";
import type { Invocation, InvocationOptions } from "./invocation.ts";

/** What it takes to run an invocation. */
export type Launch = Pick<InvocationOptions, "exchange" | "seen" | "version" | "path" | "job"> & {
  quotas: Quotas;
  /** The caller asks for the receipt, and gets it where that is usual. */
  asksReceipt?: boolean;
};

/** Runs an invocation now, if there is room. @throws FnError QUOTA_EXCEEDED, OVERLOADED */
export type Launcher = (launch: Launch) => Invocation;
