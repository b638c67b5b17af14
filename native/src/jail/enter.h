// How a freshly forked Node enters a sandbox and drops what it may not keep. Fail closed: any step that fails ends the
// process.
#pragma once

#include <span>
#include <vector>

#include "jail/identity.h"
#include "jail/inherited.h"
#include "jail/step.h"
#include "sys/fd.h"

namespace jail {

struct Namespace {
  sys::Fd fd;  // of a namespace, or a pidfd
  int kinds;   // CLONE_NEW…
};

struct Entry {
  sys::Fd gate;                       // yields a byte once the sandbox is built
  std::vector<Namespace> namespaces;  // the pid namespace, which the parent joins before the fork, is the first
  std::vector<sys::Fd> cgroup_doors;  // one a hierarchy, opened for writing
  std::span<const char> seccomp;      // struct sock_filter[]
  const Inherited* inherited = nullptr;
  uid_t uid = kFunction;
  bool forks = false;  // a template: keeps the right to join namespaces of its own user namespace
  uint64_t open_files = 0;
};

// Namespaces, ids, capabilities, limits. The caller then repairs Node's loop and installs the filter with the plan
// below.
std::span<const Step<Entry>> enter_plan();
std::span<const Step<Entry>> seal_plan();

}  // namespace jail
