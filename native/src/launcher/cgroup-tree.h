// Which control group hierarchies this machine mounts, and how a group is cleared away.
#pragma once

#include <string>
#include <vector>

#include "sys/fd.h"

namespace launcher {

struct Mounted {
  bool unified;  // v2
  std::string path;
  std::vector<std::string> controllers;
};

// v1 hierarchies first: a controller that one of them has is not v2's.
std::vector<Mounted> mounted_hierarchies();
// Kills what runs in the group and below it, then removes it. False when something would not leave.
bool remove_group(const sys::Fd& parent, const std::string& name);
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace launcher
