// Builds a sandbox from inside: run by the process that becomes its pid 1.
#pragma once

#include <string>

#include "jail/identity.h"
#include "jail/step.h"
#include "sys/fd.h"

namespace jail {

// Paths are those of the launcher's stage (launcher/stage.h).
struct Blueprint {
  std::string base;          // "/base/node24"
  std::string layer;         // "/layers/<name>", or empty
  std::string dependencies;  // the same
  std::string hostname;
  unsigned long long tmp_bytes = 0;
  unsigned long long tmp_files = 0;
  Ids ids;
  int mapped = -1;  // readable once the id maps are written; -1: the user namespace is a domain's, and has its maps
  int lifeline = -1;
  int status = -1;
  int init_program = -1;
};

// In order. After the last one the caller says so on `status` and executes `init_program`.
std::span<const Step<Blueprint>> build_plan();

// Size options of the sandbox's one tmpfs, for mount and remount.
std::string scratch_size(unsigned long long tmp_bytes, unsigned long long tmp_files);

}  // namespace jail
