#include "launcher/volumes.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "jail/identity.h"
#include "sys/file.h"
#include "sys/process.h"

namespace launcher {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

// Another launcher may take the free device between the question and the use.
constexpr int kAttachAttempts = 32;

std::string fd_path(const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

bool is_label(const std::string& text) {
  if (text.empty() || text.size() > 63) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

// Launchers attach one at a time. By a descriptor of its own: a lock belongs to the open file.
sys::Result<Fd> lock_directory(const Fd& directory) {
  Fd lock(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || sys::retrying([&] { return ::flock(lock.get(), LOCK_EX); }) < 0) return sys::failure("flock", "volumes");
  return lock;
}

// The loop device keeps `image` open, and so this lock, for as long as it is attached. Whoever removes a volume locks
// it exclusively.
sys::Result<Fd> open_image(const Fd& directory, const std::string& name) {
  Fd image = TRY(sys::open_beneath(directory, name, O_RDWR | O_NOFOLLOW));
  if (::flock(image.get(), LOCK_SH | LOCK_NB) < 0) return sys::failure("flock", name);
  struct stat found {};
  if (::fstat(image.get(), &found) < 0) return sys::failure("fstat", name);
  errno = ENOENT;
  if (!S_ISREG(found.st_mode) || found.st_nlink == 0) return sys::failure("open", name);
  return image;
}

bool holds(const Fd& device, const struct stat& image) {
  loop_info64 info{};
  if (::ioctl(device.get(), LOOP_GET_STATUS64, &info) < 0) return false;
  return info.lo_inode == image.st_ino && info.lo_device == image.st_dev;
}

Done set_string(const Fd& context, const char* key, const std::string& value) {
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) < 0) {
    return sys::failure("fsconfig", key);
  }
  return done();
}

sys::Result<Fd> mount_detached(const Fd& device) {
  Fd context(static_cast<int>(::syscall(SYS_fsopen, "ext4", FSOPEN_CLOEXEC)));
  if (!context) return sys::failure("fsopen", "ext4");
  TRY(set_string(context, "source", fd_path(device)));
  // What a function deletes is free on the host too.
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_FLAG, "discard", nullptr, 0) < 0) {
    return sys::failure("fsconfig", "discard");
  }
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) {
    return sys::failure("fsconfig", "create");
  }
  Fd mount(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
  if (!mount) return sys::failure("fsmount");
  return mount;
}

// In the child, with the sandbox's root rights. The root's own mount stays read-only: a copy of it is written to.
Done make_directories(const std::string& path) {
  Fd at(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!at) return sys::failure("open_tree", "/");
  mount_attr attributes{};
  attributes.attr_clr = MOUNT_ATTR_RDONLY;
  if (::syscall(SYS_mount_setattr, at.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0) {
    return sys::failure("mount_setattr", "/");
  }
  for (size_t from = 1; from < path.size();) {
    const size_t slash = std::min(path.find('/', from), path.size());
    const std::string name = path.substr(from, slash - from);
    if (::mkdirat(at.get(), name.c_str(), 0755) < 0 && errno != EEXIST) return sys::failure("mkdir", path);
    Fd next(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return sys::failure("open", path);
    at = std::move(next);
    from = slash + 1;
  }
  return done();
}

}  // namespace

bool valid_image_name(const std::string& name) {
  const size_t slash = name.find('/');
  constexpr const char* kSuffix = ".img";
  if (slash == std::string::npos || !name.ends_with(kSuffix)) return false;
  return is_label(name.substr(0, slash)) && is_label(name.substr(slash + 1, name.size() - slash - 1 - strlen(kSuffix)));
}

bool valid_mount_path(const std::string& path) {
  if (path.size() < 2 || path.size() > 256 || path[0] != '/' || path.find('\0') != std::string::npos) return false;
  for (size_t from = 1; from <= path.size();) {
    const size_t slash = std::min(path.find('/', from), path.size());
    const std::string name = path.substr(from, slash - from);
    if (name.empty() || name == "." || name == "..") return false;
    from = slash + 1;
  }
  return true;
}

sys::Result<Volumes> Volumes::open(const std::string& directory) {
  Volumes volumes;
  volumes.images_ = TRY(sys::open_path(directory, O_RDONLY | O_DIRECTORY));
  volumes.devices_ = TRY(sys::open_path("/dev", O_RDONLY | O_DIRECTORY));
  return volumes;
}

sys::Result<Fd> Volumes::mount(const VolumeMount& volume, const Fd& owner) const {
  Fd mount;
  {
    const Fd lock = TRY(lock_directory(images_));
    const Fd device = TRY(attach(volume.image));
    mount = TRY(mount_detached(device));
  }
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_IDMAP;
  if (volume.read_only) attributes.attr_set |= MOUNT_ATTR_RDONLY;
  attributes.userns_fd = static_cast<__u64>(owner.get());
  if (::syscall(SYS_mount_setattr, mount.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0) {
    return sys::failure("mount_setattr", volume.image);
  }
  return mount;
}

// Two devices on one image would be two file systems on it, and its end.
sys::Result<Fd> Volumes::attach(const std::string& name) const {
  const Fd image = TRY(open_image(images_, name));
  auto attached = TRY(find_attached(image));
  if (attached) return std::move(*attached);
  return attach_new(image);
}

// While its descriptor is open the device does not clear itself.
sys::Result<std::optional<Fd>> Volumes::find_attached(const Fd& image) const {
  struct stat wanted {};
  if (::fstat(image.get(), &wanted) < 0) return sys::failure("fstat", "image");
  Fd listed(::openat(devices_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(listed.get()), ::closedir);
  if (!entries) return sys::failure("fdopendir", "/dev");
  (void)listed.release();
  while (const dirent* entry = ::readdir(entries.get())) {
    if (strncmp(entry->d_name, "loop", 4) != 0 || entry->d_type != DT_BLK) continue;
    Fd device(::openat(devices_.get(), entry->d_name, O_RDWR | O_CLOEXEC));
    if (device && holds(device, wanted)) return std::optional<Fd>(std::move(device));
  }
  return std::optional<Fd>();
}

sys::Result<Fd> Volumes::attach_new(const Fd& image) const {
  const Fd control(::openat(devices_.get(), "loop-control", O_RDWR | O_CLOEXEC));
  if (!control) return sys::failure("open", "/dev/loop-control");
  for (int attempt = 0; attempt < kAttachAttempts; ++attempt) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return sys::failure("ioctl", "LOOP_CTL_GET_FREE");
    const std::string name = "loop" + std::to_string(number);
    Fd device(::openat(devices_.get(), name.c_str(), O_RDWR | O_CLOEXEC));
    if (!device) return sys::failure("open", "/dev/" + name);
    loop_config config{};
    config.fd = static_cast<__u32>(image.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) return device;
    if (errno != EBUSY) return sys::failure("ioctl", "LOOP_CONFIGURE");
  }
  errno = EBUSY;
  return sys::failure("ioctl", "LOOP_CONFIGURE");
}

Done make_mount_point(const Fd& init, const std::string& path) {
  constexpr int kFailed = 1;
  auto child = TRY(sys::clone_process(0));
  if (child.pid == 0) {
    const bool made = sys::set_namespaces(init, CLONE_NEWUSER | CLONE_NEWNS) &&
                      sys::set_ids(jail::kRoot, jail::kRoot) && make_directories(path);
    ::_exit(made ? 0 : kFailed);
  }
  int status = 0;
  if (sys::retrying([&] { return ::waitpid(child.pid, &status, 0); }) < 0) return sys::failure("waitpid", path);
  errno = ENOTDIR;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return sys::failure("mkdir", path);
  return done();
}

}  // namespace launcher
