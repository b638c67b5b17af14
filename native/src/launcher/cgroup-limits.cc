// What a group's limits are written to, on v1 and v2.
#include <fcntl.h>
#include <sys/resource.h>

#include <cmath>

#include "launcher/cgroup-tree.h"
#include "launcher/cgroups.h"
#include "sys/file.h"
#include "sys/process.h"

namespace launcher {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

constexpr int kPeriodMicros = 100'000;
constexpr uint64_t kTcpShare = 4;

std::string quota(double cpu) { return std::to_string(std::llround(cpu * kPeriodMicros)); }

// v1 keeps memory ≤ memory and swap, whichever is written first: the bound on both goes away before it comes back.
Done limit_memory_v1(const Fd& dir, uint64_t limit) {
  const std::string bytes = std::to_string(limit);
  // On v1 the buffers of TCP sockets are no part of the memory: without a limit of their own, a function could fill
  // what the whole host has for TCP. Source: admin-guide/cgroup-v1/memory.rst, 2.7.
  TRY(sys::write_file(dir, "memory.kmem.tcp.limit_in_bytes", std::to_string(limit / kTcpShare)));
  // Swap accounting is not everywhere.
  const bool counts_swap = static_cast<bool>(sys::write_file(dir, "memory.memsw.limit_in_bytes", "-1"));
  TRY(sys::write_file(dir, "memory.limit_in_bytes", bytes));
  return counts_swap ? sys::write_file(dir, "memory.memsw.limit_in_bytes", bytes) : done();
}

Done limit_memory_v2(const Fd& dir, uint64_t limit) {
  TRY(sys::write_file(dir, "memory.max", std::to_string(limit)));
  (void)sys::write_file(dir, "memory.swap.max", "0");  // swap accounting is not everywhere
  return sys::write_file(dir, "memory.oom.group", "1");
}

Done limit_cpu_v1(const Fd& dir, double cpu) {
  TRY(sys::write_file(dir, "cpu.cfs_period_us", std::to_string(kPeriodMicros)));
  return sys::write_file(dir, "cpu.cfs_quota_us", quota(cpu));
}

Done limit_cpu_v2(const Fd& dir, double cpu) {
  return sys::write_file(dir, "cpu.max", quota(cpu) + " " + std::to_string(kPeriodMicros));
}

// A disk that does not take the limit (a loop device that went away, a kernel without throttling) is not one.
void limit_disk_v1(const Fd& dir, const std::string& device, uint64_t bytes) {
  const std::string rule = device + " " + std::to_string(bytes);
  (void)sys::write_file(dir, "blkio.throttle.read_bps_device", rule);
  (void)sys::write_file(dir, "blkio.throttle.write_bps_device", rule);
}

void limit_disk_v2(const Fd& dir, const std::string& device, uint64_t bytes) {
  const std::string text = std::to_string(bytes);
  (void)sys::write_file(dir, "io.max", device + " rbps=" + text + " wbps=" + text);
}

}  // namespace

Done Cgroup::limit(const Limits& limits) {
  for (const Part& part : parts_) {
    const bool v2 = part.unified();
    if (part.has("memory"))
      TRY(v2 ? limit_memory_v2(part.dir, limits.memory_bytes) : limit_memory_v1(part.dir, limits.memory_bytes));
    if (part.has("cpu")) TRY(v2 ? limit_cpu_v2(part.dir, limits.cpu) : limit_cpu_v1(part.dir, limits.cpu));
    if (part.has("pids")) TRY(sys::write_file(part.dir, "pids.max", std::to_string(limits.pids)));
    for (const std::string& device : *devices_) {
      if (part.has("blkio")) limit_disk_v1(part.dir, device, limits.disk_bytes_per_second);
      if (part.has("io")) limit_disk_v2(part.dir, device, limits.disk_bytes_per_second);
    }
  }
  return limit_open_files(limits.open_files);
}

// A process that is still to come gets the limit as it enters.
Done Cgroup::limit_open_files(uint64_t open_files) const {
  const rlim_t granted = sys::grantable_files(open_files);
  const rlimit wanted{granted, granted};
  const std::string members = TRY(sys::read_file(parts_.front().dir, "cgroup.procs"));
  for (const std::string& pid : split(members, '\n')) {
    if (pid.empty() || ::prlimit(std::stoi(pid), RLIMIT_NOFILE, &wanted, nullptr) == 0 || errno == ESRCH) continue;
    return sys::failure("prlimit", "RLIMIT_NOFILE");
  }
  return done();
}

}  // namespace launcher
