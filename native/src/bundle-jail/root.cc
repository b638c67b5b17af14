#include "bundle-jail/root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "bundle-jail/step.h"

namespace fn::bundle_jail {
namespace {

// Where the new root is put together. Its old content stays reachable through the trees that were opened before.
constexpr const char* STAGE = "/tmp";

// A detached copy of a host path's mounts, waiting to be attached.
struct Tree {
  int fd;
  bool directory;
  std::string target;
};

// Opens a private copy of the tree at `source` and restricts it. Device nodes must work, hence `attributes` by the
// caller.
Tree open_tree_restricted(const Bind& bind, std::uint64_t attributes) {
  const int fd = must(open_tree(AT_FDCWD, bind.source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE),
                      "open what the jail shows:", bind.source);
  struct mount_attr wanted = {};
  wanted.attr_set = attributes;
  must(mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted), "make read-only:", bind.source);
  struct stat info = {};
  must(fstat(fd, &info), "look at", bind.source);
  return {fd, S_ISDIR(info.st_mode), bind.target};
}

std::vector<Tree> open_trees(const Plan& plan) {
  constexpr std::uint64_t shown = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  constexpr std::uint64_t device = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  std::vector<Tree> trees;
  for (const char* path : {"/dev/null", "/dev/zero", "/dev/urandom"}) {
    trees.push_back(open_tree_restricted({path, path}, device));
  }
  for (const Bind& bind : plan.binds) trees.push_back(open_tree_restricted(bind, shown));
  return trees;
}

void make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) fail("make directory", path);
}

// Makes the parents of `path`, and a mount point of the right kind at it.
void make_mount_point(const std::string& path, bool directory) {
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    make_directory(path.substr(0, slash));
  }
  if (directory) return make_directory(path);
  const int fd = open(path.c_str(), O_CREAT | O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0444);
  close(must(fd, "make file", path));
}

void attach(const Tree& tree) {
  const std::string target = STAGE + tree.target;
  make_mount_point(target, tree.directory);
  must(move_mount(tree.fd, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH), "attach", tree.target);
  close(tree.fd);
}

void seal_stage() {
  struct mount_attr wanted = {};
  wanted.attr_set = MOUNT_ATTR_RDONLY;
  must(mount_setattr(AT_FDCWD, STAGE, 0, &wanted, sizeof wanted), "make the new root read-only");
}

// With both arguments ".", the old root ends up stacked on the new one and is detached at once.
void pivot() {
  must(chdir(STAGE), "enter the new root");
  must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(umount2(".", MNT_DETACH), "detach the old root");
  must(chdir("/"), "enter the root");
}

}  // namespace

void enter_root(const Plan& plan) {
  must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
  const std::vector<Tree> trees = open_trees(plan);
  must(mount("jail", STAGE, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=1m,nr_inodes=4096,mode=0755"),
       "mount the new root");
  for (const Tree& tree : trees) attach(tree);
  seal_stage();
  pivot();
}

}  // namespace fn::bundle_jail
