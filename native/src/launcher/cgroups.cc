#include "launcher/cgroups.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "launcher/cgroup-tree.h"
#include "sys/file.h"

namespace launcher {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

const std::vector<std::string> kControllers = {"memory", "cpu", "cpuacct", "pids"};
constexpr int kPeriodMicros = 100'000;
constexpr uint64_t kTcpShare = 4;

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

sys::Result<Fd> make_group(const Fd& parent, const std::string& name) {
  if (::mkdirat(parent.get(), name.c_str(), 0755) < 0 && errno != EEXIST) return sys::failure("mkdir", name);
  return sys::open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
}

// v2: children get a controller only when the parent hands it down.
Done hand_down(const Fd& dir, const std::vector<std::string>& controllers) {
  std::string text;
  for (const std::string& controller : controllers) text += "+" + controller + " ";
  return sys::write_file(dir, "cgroup.subtree_control", text);
}

uint64_t number_after(const std::string& text, const std::string& key) {
  std::stringstream stream(text);
  uint64_t value = 0;
  for (std::string word; stream >> word >> value;) {
    if (word == key) return value;
  }
  return 0;
}

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

}  // namespace

sys::Result<Cgroups> Cgroups::open(const std::string& name) {
  Cgroups cgroups;
  cgroups.name_ = "zygo-" + name;
  std::vector<std::string> missing = kControllers;
  for (const Mounted& mount : mounted_hierarchies()) {
    Hierarchy hierarchy;
    hierarchy.unified = mount.unified;
    for (const std::string& controller : mount.controllers) {
      const auto at = std::find(missing.begin(), missing.end(), controller);
      if (at == missing.end()) continue;
      missing.erase(at);
      hierarchy.controllers.push_back(controller);
    }
    if (hierarchy.controllers.empty()) continue;
    hierarchy.path = mount.path + "/" + cgroups.name_;
    hierarchy.parent = TRY(sys::open_path(mount.path, O_RDONLY | O_DIRECTORY));
    if (!remove_group(hierarchy.parent, cgroups.name_)) {
      errno = EBUSY;
      return sys::failure("rmdir", hierarchy.path);
    }
    if (hierarchy.unified) TRY(hand_down(hierarchy.parent, hierarchy.controllers));
    hierarchy.dir = TRY(make_group(hierarchy.parent, cgroups.name_));
    if (hierarchy.unified) TRY(hand_down(hierarchy.dir, hierarchy.controllers));
    cgroups.hierarchies_.push_back(std::move(hierarchy));
  }
  for (const std::string& controller : missing) {
    if (controller == "cpuacct") continue;  // v2 counts in cpu
    errno = ENODEV;
    return sys::failure("cgroup controller", controller);
  }
  return cgroups;
}

sys::Result<Cgroup> Cgroups::create(uint32_t sandbox) {
  Cgroup group;
  if (const Done made = fill(group, "sb-" + std::to_string(sandbox)); !made) {
    group.remove();  // what is there in the first hierarchies
    return made.failure();
  }
  return group;
}

Done Cgroups::fill(Cgroup& group, const std::string& name) {
  for (const Hierarchy& hierarchy : hierarchies_) {
    group.parts_.push_back({&hierarchy, name, Fd(), Fd()});
    Cgroup::Part& part = group.parts_.back();
    part.dir = TRY(make_group(hierarchy.dir, name));
    // v1: a thread that moves itself by `tasks` skips the global lock that `cgroup.procs` takes, which waits for an RCU
    // grace period (5-10 ms). Whoever enters has one thread. Source: cgroup_procs_write_start() in
    // kernel/cgroup/cgroup.c, commit 9a3284fad42f.
    part.door = TRY(sys::open_beneath(part.dir, hierarchy.unified ? "cgroup.procs" : "tasks", O_WRONLY));
  }
  return done();
}

void Cgroups::remove_all() {
  for (const Hierarchy& hierarchy : hierarchies_) remove_group(hierarchy.parent, name_);
}

bool Cgroup::Part::has(const char* controller) const { return contains(hierarchy->controllers, controller); }

Done Cgroup::limit(const Limits& limits) {
  for (const Part& part : parts_) {
    const bool v2 = part.hierarchy->unified;
    if (part.has("memory"))
      TRY(v2 ? limit_memory_v2(part.dir, limits.memory_bytes) : limit_memory_v1(part.dir, limits.memory_bytes));
    if (part.has("cpu") && v2) {
      TRY(sys::write_file(part.dir, "cpu.max", quota(limits.cpu) + " " + std::to_string(kPeriodMicros)));
    }
    if (part.has("cpu") && !v2) {
      TRY(sys::write_file(part.dir, "cpu.cfs_period_us", std::to_string(kPeriodMicros)));
      TRY(sys::write_file(part.dir, "cpu.cfs_quota_us", quota(limits.cpu)));
    }
    if (part.has("pids")) TRY(sys::write_file(part.dir, "pids.max", std::to_string(limits.pids)));
  }
  return done();
}

Usage Cgroup::usage() const {
  Usage usage;
  for (const Part& part : parts_) {
    const bool v2 = part.hierarchy->unified;
    if (part.has("memory")) {
      auto events = sys::read_file(part.dir, v2 ? "memory.events" : "memory.oom_control");
      if (events) usage.oom_killed = number_after(*events, "oom_kill") > 0;
      auto peak = sys::read_file(part.dir, v2 ? "memory.peak" : "memory.max_usage_in_bytes");
      if (peak) usage.memory_peak_bytes = std::stoull(*peak);
    }
    if (part.has("cpuacct")) {
      auto nanos = sys::read_file(part.dir, "cpuacct.usage");
      if (nanos) usage.cpu_micros = std::stoull(*nanos) / 1000;
    } else if (part.has("cpu") && v2) {
      auto stat = sys::read_file(part.dir, "cpu.stat");
      if (stat) usage.cpu_micros = number_after(*stat, "usage_usec");
    }
  }
  return usage;
}

std::vector<int> Cgroup::doors() const {
  std::vector<int> fds;
  for (const Part& part : parts_) fds.push_back(part.door.get());
  return fds;
}

bool Cgroup::remove() {
  bool gone = true;
  for (const Part& part : parts_) {
    gone = (::unlinkat(part.hierarchy->dir.get(), part.name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) && gone;
  }
  return gone;
}

}  // namespace launcher
