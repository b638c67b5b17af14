#include "launcher/disk-devices.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "sys/file.h"

namespace launcher {
namespace {

// The controllers take whole disks alone. Source: Documentation/ABI/testing/sysfs-block, "partition".
std::string whole_disk(const std::string& device) {
  const std::string node = "/sys/dev/block/" + device;
  if (!sys::read_path(node + "/partition")) return device;
  auto parent = sys::read_path(node + "/../dev");
  return parent ? parent->substr(0, parent->find('\n')) : "";
}

}  // namespace

std::vector<std::string> devices_of(const std::vector<std::string>& paths) {
  std::vector<std::string> devices;
  for (const std::string& path : paths) {
    struct stat found {};
    if (::stat(path.c_str(), &found) < 0 || major(found.st_dev) == 0) continue;
    const std::string device =
        whole_disk(std::to_string(major(found.st_dev)) + ":" + std::to_string(minor(found.st_dev)));
    if (!device.empty() && std::find(devices.begin(), devices.end(), device) == devices.end())
      devices.push_back(device);
  }
  return devices;
}

}  // namespace launcher
