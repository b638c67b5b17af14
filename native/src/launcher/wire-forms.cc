#include "launcher/wire-forms.h"

#include <sys/wait.h>

#include <cstring>
#include <stdexcept>

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

std::vector<VolumeMount> volumes_of(const nlohmann::json& request) {
  std::vector<VolumeMount> volumes;
  for (const auto& given : request.value("volumes", nlohmann::json::array())) {
    VolumeMount volume{given.at("image").get<std::string>(), given.at("path").get<std::string>(),
                       given.at("readOnly").get<bool>()};
    if (!valid_image_name(volume.image)) throw std::invalid_argument("bad volume name");
    if (!valid_mount_path(volume.path)) throw std::invalid_argument("bad volume path");
    volumes.push_back(std::move(volume));
  }
  return volumes;
}

Layers layers_of(const nlohmann::json& request) {
  Layers layers{request.value("layer", ""), request.value("dependencies", "")};
  for (const std::string& name : {layers.function, layers.dependencies}) {
    if (!name.empty() && !valid_layer_name(name)) throw std::invalid_argument("bad layer name");
  }
  return layers;
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
