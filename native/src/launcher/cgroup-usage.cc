// What a group has used, on v1 and v2. A file that is not there counts nothing.
#include <sstream>

#include "launcher/cgroup-tree.h"
#include "launcher/cgroups.h"
#include "sys/file.h"

namespace launcher {
namespace {

using sys::Fd;

uint64_t number_after(const std::string& text, const std::string& key) {
  std::stringstream stream(text);
  uint64_t value = 0;
  for (std::string word; stream >> word >> value;) {
    if (word == key) return value;
  }
  return 0;
}

std::string text_of(const Fd& dir, const char* name) {
  auto text = sys::read_file(dir, name);
  return text ? std::move(*text) : std::string();
}

uint64_t number_in(const Fd& dir, const char* name) { return std::strtoull(text_of(dir, name).c_str(), nullptr, 10); }

void memory_v1(const Fd& dir, Usage& usage) {
  usage.oom_killed = number_after(text_of(dir, "memory.oom_control"), "oom_kill") > 0;
  usage.memory_bytes = number_in(dir, "memory.usage_in_bytes");
  usage.memory_peak_bytes = number_in(dir, "memory.max_usage_in_bytes");
}

void memory_v2(const Fd& dir, Usage& usage) {
  usage.oom_killed = number_after(text_of(dir, "memory.events"), "oom_kill") > 0;
  usage.memory_bytes = number_in(dir, "memory.current");
  usage.memory_peak_bytes = number_in(dir, "memory.peak");
}

void cpu_v2(const Fd& dir, Usage& usage) {
  const std::string stat = text_of(dir, "cpu.stat");
  usage.cpu_micros = number_after(stat, "usage_usec");
  usage.throttled_micros = number_after(stat, "throttled_usec");
}

// Lines of "major:minor Read bytes", then others. Source: admin-guide/cgroup-v1/blkio-controller.rst.
void disk_v1(const Fd& dir, Usage& usage) {
  for (const std::string& line : split(text_of(dir, "blkio.throttle.io_service_bytes"), '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 3) continue;
    if (words[1] == "Read") usage.disk_read_bytes += std::strtoull(words[2].c_str(), nullptr, 10);
    if (words[1] == "Write") usage.disk_write_bytes += std::strtoull(words[2].c_str(), nullptr, 10);
  }
}

// Lines of "major:minor rbytes=… wbytes=… …". Source: admin-guide/cgroup-v2.rst, io.stat.
void disk_v2(const Fd& dir, Usage& usage) {
  std::stringstream stream(text_of(dir, "io.stat"));
  for (std::string word; stream >> word;) {
    if (word.starts_with("rbytes=")) usage.disk_read_bytes += std::strtoull(word.c_str() + 7, nullptr, 10);
    if (word.starts_with("wbytes=")) usage.disk_write_bytes += std::strtoull(word.c_str() + 7, nullptr, 10);
  }
}

}  // namespace

Usage Cgroup::usage() const {
  Usage usage;
  for (const Part& part : parts_) {
    const bool v2 = part.unified();
    if (part.has("memory")) v2 ? memory_v2(part.dir, usage) : memory_v1(part.dir, usage);
    if (part.has("cpuacct")) usage.cpu_micros = number_in(part.dir, "cpuacct.usage") / 1000;
    if (part.has("cpu") && v2) cpu_v2(part.dir, usage);
    if (part.has("cpu") && !v2)
      usage.throttled_micros = number_after(text_of(part.dir, "cpu.stat"), "throttled_time") / 1000;
    if (part.has("pids")) usage.pids = number_in(part.dir, "pids.current");
    if (part.has("blkio")) disk_v1(part.dir, usage);
    if (part.has("io")) disk_v2(part.dir, usage);
  }
  return usage;
}

}  // namespace launcher
