// Which block devices files lie on, as the io controllers name them.
#pragma once

#include <string>
#include <vector>

namespace launcher {

// "major:minor" of the whole disks below `paths`, each once. A file system without a block device of its own (tmpfs,
// btrfs, a network's) has none: its I/O cannot be limited by device.
std::vector<std::string> devices_of(const std::vector<std::string>& paths);

}  // namespace launcher
