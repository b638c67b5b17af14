import type { Receipt } from "@zygo/contracts";
import { showBytes, showMs } from "./units.ts";

/** A few lines for people. */
export function showReceipt({ requestId, start, instance, phases, used, shared, settled, ...rest }: Receipt): string {
  const { queueMs, startMs, initMs, handlerMs, totalMs } = phases;
  const handler = handlerMs === null ? "" : `, handler ${showMs(handlerMs)}`;
  const times = `${showMs(totalMs)}: queue ${showMs(queueMs)}, start ${showMs(startMs)}, init ${showMs(initMs)}${handler}`;
  return [
    `receipt of ${requestId}: ${outcomeOf(rest)}`,
    `  ${start === null ? "no instance" : `${start} start on ${instance ?? "?"}`}${settled ? "" : "; what it left to waitUntil is not in it"}`,
    `  ${times}`,
    `  ${showUsed(used)}${shared ? " (with others that its instance served meanwhile)" : ""}`,
  ].join("\n");
}

export const outcomeOf = ({ status, code }: Pick<Receipt, "status" | "code">): string => code ?? String(status ?? "?");

function showUsed(used: Receipt["used"]): string {
  if (used === null) return "what it used is not known";
  const { cpuMs, throttledMs, memoryPeakBytes, diskReadBytes, diskWriteBytes, receivedBytes, sentBytes } = used;
  return [
    `CPU ${showMs(cpuMs)} (held back for ${showMs(throttledMs)})`,
    `memory at most ${showMib(memoryPeakBytes)}`,
    `disk ${showBytes(diskReadBytes)} read, ${showBytes(diskWriteBytes)} written`,
    `network ${showBytes(receivedBytes)} in, ${showBytes(sentBytes)} out`,
  ].join("; ");
}

export const showMib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
