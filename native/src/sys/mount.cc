#include "sys/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sys {

Done mount(const char* type, const std::string& target, unsigned long flags, const std::string& options) {
  if (::mount(type, target.c_str(), type, flags, options.empty() ? nullptr : options.c_str()) < 0) {
    return failure("mount", std::string(type) + " on " + target);
  }
  return done();
}

Done bind(const std::string& source, const std::string& target) {
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) < 0) return failure("mount --bind", source);
  return done();
}

Done bind_tree(const std::string& source, const std::string& target) {
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) < 0) {
    return failure("mount --rbind", source);
  }
  return done();
}

Done remount(const std::string& target, unsigned long flags) {
  if (::mount(nullptr, target.c_str(), nullptr, MS_REMOUNT | MS_BIND | flags, nullptr) < 0) {
    return failure("mount -o remount", target);
  }
  return done();
}

Result<Fd> clone_tree(const Fd& directory) {
  constexpr unsigned kFlags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  Fd tree(static_cast<int>(::syscall(SYS_open_tree, directory.get(), "", kFlags)));
  if (!tree) return failure("open_tree");
  return tree;
}

Result<Fd> overlay_tree(const std::string& lower) {
  const Fd context(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!context) return failure("fsopen", "overlay");
  const auto configure = [&](unsigned command, const char* key, const char* value) {
    return ::syscall(SYS_fsconfig, context.get(), command, key, value, 0) == 0;
  };
  if (!configure(FSCONFIG_SET_STRING, "source", "overlay") ||
      !configure(FSCONFIG_SET_STRING, "redirect_dir", "nofollow") ||
      !configure(FSCONFIG_SET_STRING, "lowerdir", lower.c_str()) || !configure(FSCONFIG_CMD_CREATE, nullptr, nullptr))
    return failure("fsconfig", lower);
  constexpr unsigned kAttributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  Fd tree(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, kAttributes)));
  if (!tree) return failure("fsmount", lower);
  return tree;
}

Done make_private(const std::string& target) {
  if (::mount(nullptr, target.c_str(), nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
    return failure("mount --make-rprivate", target);
  return done();
}

Done pivot_root(const std::string& new_root) {
  if (::chdir(new_root.c_str()) < 0) return failure("chdir", new_root);
  if (::syscall(SYS_pivot_root, ".", ".") < 0) return failure("pivot_root", new_root);
  if (::umount2(".", MNT_DETACH) < 0) return failure("umount2", "old root");
  if (::chdir("/") < 0) return failure("chdir", "/");
  return done();
}

}  // namespace sys
