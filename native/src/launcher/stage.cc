#include "launcher/stage.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/mount.h"

namespace launcher {
namespace {

using sys::Done;
using sys::done;

struct Device {
  const char* name;
  unsigned minor;
};
// Source: admin-guide/devices.txt, major 1.
constexpr Device kDevices[] = {{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};
constexpr std::pair<const char*, const char*> kLinks[] = {
    {"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
    {"/tmp", "shm"},
};

Done make_devices(const std::string& dev) {
  TRY(sys::make_dir(dev, 0755));
  TRY(sys::mount("tmpfs", dev, MS_NOSUID | MS_NOEXEC, "mode=755,size=64k"));
  for (const Device& device : kDevices) {
    const std::string path = dev + "/" + device.name;
    if (::mknod(path.c_str(), S_IFCHR | 0666, makedev(1, device.minor)) < 0) return sys::failure("mknod", path);
    if (::chmod(path.c_str(), 0666) < 0) return sys::failure("chmod", path);
  }
  for (const auto& [target, name] : kLinks) {
    if (::symlink(target, (dev + "/" + name).c_str()) < 0) return sys::failure("symlink", name);
  }
  return sys::remount(dev, MS_RDONLY | MS_NOSUID | MS_NOEXEC);
}

Done bind_read_only(const std::string& source, const std::string& target) {
  TRY(sys::make_dir(target, 0755));
  TRY(sys::bind(source, target));
  return sys::remount(target, MS_RDONLY | MS_NOSUID | MS_NODEV);
}

}  // namespace

Done set_stage(const StageSources& sources) {
  if (::unshare(CLONE_NEWNS) < 0) return sys::failure("unshare", "mount");
  TRY(sys::make_private("/"));
  const std::string& root = sources.work_dir;
  TRY(sys::mount("tmpfs", root, MS_NOSUID | MS_NODEV, "mode=755,size=1m"));
  for (const char* name : {"/base", "/proc", "/empty", "/scratch", "/rootfs"}) TRY(sys::make_dir(root + name, 0755));
  for (const auto& [runtime, directory] : sources.bases) TRY(bind_read_only(directory, root + "/base/" + runtime));
  TRY(bind_read_only(sources.layers_dir, root + "/layers"));
  TRY(make_devices(root + "/dev"));
  TRY(sys::mount("proc", root + "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC));
  // Zygotes have no sysfs, and want to know this.
  auto huge_pages = sys::read_path("/sys/kernel/mm/transparent_hugepage/enabled");
  TRY(sys::write_path(root + kHugePages, huge_pages ? *huge_pages : "never\n"));
  return sys::pivot_root(root);
}

}  // namespace launcher
