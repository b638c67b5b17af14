// The launcher's own tiny mount namespace: each sandbox copies its mount table from it, so it holds only what they
// need.
//
//   /base/<runtime>  /layers  /proc  /dev (null zero full random urandom)  /empty  /scratch  /rootfs  /huge-pages
#pragma once

#include <map>
#include <string>

#include "sys/result.h"

namespace launcher {

// Holds what the host says of transparent huge pages.
constexpr const char* kHugePages = "/huge-pages";

struct StageSources {
  std::string work_dir;  // an existing directory to build on; nothing is left in it
  std::string layers_dir;
  std::map<std::string, std::string> bases;  // runtime → directory
};

// Enters a new mount namespace and makes the stage its root. No host path is reachable afterwards but through open
// descriptors.
sys::Done set_stage(const StageSources& sources);

}  // namespace launcher
