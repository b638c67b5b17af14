// Control groups on v1 and v2 alike: one group an installation, one below it a sandbox, in each hierarchy that has a
// controller we need.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sys/fd.h"
#include "sys/result.h"

namespace launcher {

struct Limits {
  uint64_t memory_bytes = 0;
  double cpu = 1;  // cores
  uint64_t pids = 0;
  uint64_t tmp_bytes = 0;
  uint64_t tmp_files = 0;              // inodes
  uint64_t open_files = 0;             // descriptors a process
  uint64_t disk_bytes_per_second = 0;  // of reads and of writes each
};

struct Usage {
  bool oom_killed = false;
  uint64_t memory_bytes = 0;
  uint64_t memory_peak_bytes = 0;
  uint64_t cpu_micros = 0;
  uint64_t throttled_micros = 0;
  uint64_t pids = 0;
  uint64_t disk_read_bytes = 0;
  uint64_t disk_write_bytes = 0;
};

class Cgroup;

class Cgroups {
 public:
  // Finds the hierarchies, removes what a crashed predecessor of the same name left (killing what still runs in it),
  // and makes the installation's group. Fails when memory, cpu or pids cannot be limited. `disks`: files on them are
  // what sandboxes read and write.
  static sys::Result<Cgroups> open(const std::string& name, const std::vector<std::string>& disks);
  sys::Result<Cgroup> create(uint32_t sandbox);
  // Removes the installation's groups; what is busy stays for the next start.
  void remove_all();

 private:
  friend class Cgroup;
  struct Hierarchy {
    bool unified = false;
    std::vector<std::string> controllers;
    std::string path;  // of the installation's group
    sys::Fd parent;    // directory above it
    sys::Fd dir;
    sys::Fd gauges;  // the same directory, as the root of a mount that is nowhere: paths end at it
  };
  sys::Done fill(Cgroup& group, const std::string& name);

  std::string name_;
  std::vector<Hierarchy> hierarchies_;
  std::vector<std::string> devices_;  // "major:minor" of whole disks
};

// A sandbox's group in every hierarchy.
class Cgroup {
 public:
  // Sets all limits that are a group's, and the open files of the processes that are in it.
  sys::Done limit(const Limits& limits);
  Usage usage() const;
  // Descriptors through which a single-threaded process moves itself in, one a hierarchy, opened for writing.
  std::vector<int> doors() const;
  // The file that tells the use of memory, opened for reading.
  int memory_gauge() const { return memory_gauge_.get(); }
  // False while a process is still in it.
  bool remove();

 private:
  friend class Cgroups;
  struct Part {
    const Cgroups::Hierarchy* hierarchy;
    std::string name;
    sys::Fd dir;
    sys::Fd door;
    bool has(const char* controller) const;
    bool unified() const { return hierarchy->unified; }
  };
  sys::Done limit_open_files(uint64_t open_files) const;

  std::vector<Part> parts_;
  const std::vector<std::string>* devices_ = nullptr;
  sys::Fd memory_gauge_;
};

}  // namespace launcher
