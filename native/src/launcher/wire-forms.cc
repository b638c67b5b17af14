#include "launcher/wire-forms.h"

#include <sys/wait.h>

#include <cstring>

namespace launcher {

Limits limits_of(const nlohmann::json& limits) {
  return {limits.at("memoryBytes").get<uint64_t>(),
          limits.at("cpu").get<double>(),
          limits.at("pids").get<uint64_t>(),
          limits.at("tmpBytes").get<uint64_t>(),
          limits.at("tmpFiles").get<uint64_t>(),
          limits.at("openFiles").get<uint64_t>(),
          limits.at("diskBytesPerSecond").get<uint64_t>()};
}

nlohmann::json usage_json(const Usage& usage) {
  return {{"oomKilled", usage.oom_killed},
          {"memoryBytes", usage.memory_bytes},
          {"memoryPeakBytes", usage.memory_peak_bytes},
          {"cpuMs", static_cast<double>(usage.cpu_micros) / 1000},
          {"throttledMs", static_cast<double>(usage.throttled_micros) / 1000},
          {"pids", usage.pids},
          {"diskReadBytes", usage.disk_read_bytes},
          {"diskWriteBytes", usage.disk_write_bytes}};
}

nlohmann::json status_json(int status) {
  if (WIFSIGNALED(status)) return {{"code", nullptr}, {"signal", sigabbrev_np(WTERMSIG(status))}};
  return {{"code", WEXITSTATUS(status)}, {"signal", nullptr}};
}

}  // namespace launcher
