#include "bundle-jail/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "bundle-jail/step.h"

namespace fn::bundle_jail {
namespace {

constexpr rlim_t MEMORY_BYTES = rlim_t{4} << 30;
constexpr rlim_t CPU_SECONDS = 120;
// For what the command says on stderr, when that is a file.
constexpr rlim_t WRITTEN_BYTES = 1 << 20;

void write_file(const char* path, const std::string& text) {
  const int fd = must(open(path, O_WRONLY | O_CLOEXEC), "open", path);
  must(write(fd, text.data(), text.size()), "write", path);
  close(fd);
}

// @source user_namespaces(7): setgroups must be denied before an unprivileged process may write its gid map.
void map_self(uid_t uid, gid_t gid) {
  const auto line = [](auto id) { return std::to_string(id) + " " + std::to_string(id) + " 1\n"; };
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", line(uid));
  write_file("/proc/self/gid_map", line(gid));
}

void limit(decltype(RLIMIT_AS) resource, rlim_t value, const char* name) {
  const struct rlimit both = {value, value};
  must(setrlimit(resource, &both), "limit", name);
}

// Capabilities are numbered from 0; the first unknown one answers EINVAL.
void empty_bounding_set() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    must(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "empty the bounding set");
  }
}

void become(const Owner& owner) {
  must(setgroups(0, nullptr), "drop supplementary groups");
  must(setresgid(owner.gid, owner.gid, owner.gid), "become the owner's group");
  must(setresuid(owner.uid, owner.uid, owner.uid), "become the owner");
}

void empty_capabilities() {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const struct __user_cap_data_struct none[2] = {};
  must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clear ambient capabilities");
  must(syscall(SYS_capset, &header, none), "drop capabilities");
}

}  // namespace

bool is_privileged() {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct held[2] = {};
  must(syscall(SYS_capget, &header, held), "read own capabilities");
  constexpr unsigned needed = (1U << CAP_SYS_ADMIN) | (1U << CAP_SETUID) | (1U << CAP_SETGID) | (1U << CAP_SETPCAP);
  return (held[0].effective & needed) == needed;
}

void enter_namespaces(bool privileged) {
  constexpr int others = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  must(unshare(privileged ? others : others | CLONE_NEWUSER), "make namespaces");
  if (!privileged) map_self(uid, gid);
  constexpr std::string_view hostname = "bundle";
  must(sethostname(hostname.data(), hostname.size()), "set hostname");
}

void limit_resources() {
  limit(RLIMIT_AS, MEMORY_BYTES, "memory");
  limit(RLIMIT_CPU, CPU_SECONDS, "cpu time");
  limit(RLIMIT_FSIZE, WRITTEN_BYTES, "written bytes");
  limit(RLIMIT_CORE, 0, "core dumps");
}

void drop_privileges(const Owner* owner) {
  empty_bounding_set();
  must(prctl(PR_SET_SECUREBITS,
             SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, 0,
             0, 0),
       "lock secure bits");
  if (owner != nullptr) become(*owner);
  empty_capabilities();
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
}

}  // namespace fn::bundle_jail
