// How a freshly forked Node enters a sandbox and drops everything. Fail closed: any step that fails ends the process.
#pragma once

#include <span>
#include <vector>

#include "jail/inherited.h"
#include "jail/step.h"
#include "sys/fd.h"

namespace jail {

struct Entry {
  sys::Fd init;                       // pidfd of the sandbox's pid 1
  sys::Fd gate;                       // yields a byte once the sandbox is built
  std::vector<sys::Fd> cgroup_doors;  // one a hierarchy, opened for writing
  std::span<const char> seccomp;      // struct sock_filter[]
  const Inherited* inherited = nullptr;
};

// Namespaces, ids, capabilities, limits. The caller then repairs Node's loop and installs the filter with the plan
// below.
std::span<const Step<Entry>> enter_plan();
std::span<const Step<Entry>> seal_plan();

}  // namespace jail
