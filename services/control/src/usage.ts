import type { FunctionUse, WorkerUsage } from "@zygo/contracts";

/** One line a function, over all workers. */
export function sumUses(answers: readonly WorkerUsage[]): FunctionUse[] {
  const sums = new Map<string, FunctionUse>();
  for (const use of answers.flatMap(({ functions }) => functions)) {
    const sum = sums.get(use.function);
    sums.set(use.function, sum === undefined ? use : addUses(sum, use));
  }
  return [...sums.values()];
}

const addUses = (one: FunctionUse, other: FunctionUse): FunctionUse => ({
  function: one.function,
  instances: one.instances + other.instances,
  busy: one.busy + other.busy,
  memoryBytes: one.memoryBytes + other.memoryBytes,
  invocations: one.invocations + other.invocations,
  cpuMs: one.cpuMs + other.cpuMs,
  throttledMs: one.throttledMs + other.throttledMs,
  receivedBytes: one.receivedBytes + other.receivedBytes,
  sentBytes: one.sentBytes + other.sentBytes,
  diskReadBytes: one.diskReadBytes + other.diskReadBytes,
  diskWriteBytes: one.diskWriteBytes + other.diskWriteBytes,
});

type Metric = [name: string, type: "gauge" | "counter", value: (use: FunctionUse) => number];

const METRICS: Metric[] = [
  ["fn_instances", "gauge", ({ instances }) => instances],
  ["fn_instances_busy", "gauge", ({ busy }) => busy],
  ["fn_instance_memory_bytes", "gauge", ({ memoryBytes }) => memoryBytes],
  ["fn_instance_cpu_seconds_total", "counter", ({ cpuMs }) => cpuMs / 1000],
  ["fn_instance_throttled_seconds_total", "counter", ({ throttledMs }) => throttledMs / 1000],
  ["fn_instance_received_bytes_total", "counter", ({ receivedBytes }) => receivedBytes],
  ["fn_instance_sent_bytes_total", "counter", ({ sentBytes }) => sentBytes],
  ["fn_instance_disk_read_bytes_total", "counter", ({ diskReadBytes }) => diskReadBytes],
  ["fn_instance_disk_write_bytes_total", "counter", ({ diskWriteBytes }) => diskWriteBytes],
];

/** @source https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4 */
export function usageMetrics(uses: readonly FunctionUse[]): string {
  const lines = METRICS.flatMap(([name, type, value]) => [
    `# TYPE ${name} ${type}`,
    ...uses.map((use) => `${name}{function="${use.function}"} ${value(use)}`),
  ]);
  return `${lines.join("\n")}\n`;
}
