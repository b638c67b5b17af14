#include "launcher/cgroups.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "launcher/cgroup-tree.h"
#include "launcher/disk-devices.h"
#include "sys/file.h"
#include "sys/mount.h"

namespace launcher {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

const std::vector<std::string> kControllers = {"memory", "cpu", "cpuacct", "pids", "blkio", "io"};
// v2 counts processor time in cpu. Of blkio and io each host has one or none; without, the disk is not limited.
const std::vector<std::string> kOptional = {"cpuacct", "blkio", "io"};

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

}  // namespace

sys::Result<Cgroups> Cgroups::open(const std::string& name, const std::vector<std::string>& disks) {
  Cgroups cgroups;
  cgroups.devices_ = devices_of(disks);
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
    hierarchy.gauges = TRY(sys::clone_tree(hierarchy.dir));
    cgroups.hierarchies_.push_back(std::move(hierarchy));
  }
  for (const std::string& controller : missing) {
    if (contains(kOptional, controller)) continue;
    errno = ENODEV;
    return sys::failure("cgroup controller", controller);
  }
  return cgroups;
}

sys::Result<Cgroup> Cgroups::create(uint32_t sandbox) {
  Cgroup group;
  group.devices_ = &devices_;
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
    if (!part.has("memory")) continue;
    // An instance holds it, and the link in /proc names where it is: so not by way of the host's mount.
    const std::string gauge = hierarchy.unified ? "memory.current" : "memory.usage_in_bytes";
    group.memory_gauge_ = TRY(sys::open_beneath(hierarchy.gauges, name + "/" + gauge, O_RDONLY));
  }
  return done();
}

void Cgroups::remove_all() {
  for (const Hierarchy& hierarchy : hierarchies_) remove_group(hierarchy.parent, name_);
}

bool Cgroup::Part::has(const char* controller) const { return contains(hierarchy->controllers, controller); }

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
