#include "launcher/cgroup-tree.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "sys/file.h"

namespace launcher {
namespace {

using sys::Fd;

constexpr int kReapAttempts = 200;
constexpr int kReapPauseMicros = 10'000;

void kill_members(const Fd& dir) {
  auto members = sys::read_file(dir, "cgroup.procs");
  if (!members) return;
  for (const std::string& pid : split(*members, '\n')) {
    if (!pid.empty()) ::kill(std::stoi(pid), SIGKILL);
  }
}

}  // namespace

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// Source: proc_pid_mountinfo(5): "… mount point … - type source super-options".
std::vector<Mounted> mounted_hierarchies() {
  std::vector<Mounted> found;
  auto text = sys::read_path("/proc/self/mountinfo");
  if (!text) return found;
  for (const std::string& line : split(*text, '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    if (right[0] == "cgroup") found.push_back({false, left[4], split(right[2], ',')});
    if (right[0] == "cgroup2") {
      auto offered = sys::read_path(left[4] + "/cgroup.controllers");
      if (offered) found.push_back({true, left[4], split(offered->substr(0, offered->find('\n')), ' ')});
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Mounted& a, const Mounted& b) { return a.unified < b.unified; });
  return found;
}

// A process that was killed leaves its group a little later.
bool remove_group(const Fd& parent, const std::string& name) {
  auto dir = sys::open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
  if (!dir) return true;
  for (int attempt = 0; attempt < kReapAttempts; ++attempt) {
    if (::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return true;
    for (const std::string& below : sys::list_dirs(dir->get())) remove_group(*dir, below);
    kill_members(*dir);
    ::usleep(kReapPauseMicros);
  }
  return false;
}

}  // namespace launcher
