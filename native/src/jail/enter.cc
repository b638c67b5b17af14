#include "jail/enter.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail/identity.h"
#include "sys/process.h"

namespace jail {
namespace {

using sys::Done;
using sys::done;

// Done before the namespaces, while the opener's rights still count; a process may move itself.
Done join_cgroups(Entry& entry) {
  for (const sys::Fd& door : entry.cgroup_doors) {
    if (::write(door.get(), "0", 1) != 1) return sys::failure("write", "cgroup");
  }
  return done();
}

Done await_gate(Entry& entry) {
  char byte = 0;
  const ssize_t got = sys::retrying([&] { return ::read(entry.gate.get(), &byte, 1); });
  if (got == 0) errno = ECANCELED;
  if (got != 1) return sys::failure("read", "gate");
  return done();
}

// The pid namespace was set before the fork. The cgroup namespace is new, with our cgroups as its root.
Done join_namespaces(Entry& entry) {
  for (const Namespace& space : std::span(entry.namespaces).subspan(1)) TRY(sys::set_namespaces(space.fd, space.kinds));
  if (::unshare(CLONE_NEWCGROUP) < 0) return sys::failure("unshare", "cgroup");
  return done();
}

// No RLIMIT_AS: V8 reserves tens of GiB of addresses. File sizes are bounded by the tmpfs.
Done limit_resources(Entry& entry) {
  constexpr unsigned long long kMiB = 1024 * 1024;
  const std::pair<int, unsigned long long> limits[] = {
      {RLIMIT_CORE, 0},
      {RLIMIT_NOFILE, sys::grantable_files(entry.open_files)},
      {RLIMIT_MEMLOCK, 64 * 1024},
      {RLIMIT_MSGQUEUE, 0},
      {RLIMIT_RTPRIO, 0},
      {RLIMIT_NICE, 0},
      {RLIMIT_SIGPENDING, 1024},
      {RLIMIT_STACK, 8 * kMiB},
  };
  for (const auto& [resource, value] : limits) TRY(sys::limit_resource(resource, value));
  return done();
}

// What a template needs to fork into a sandbox of its domain: to join namespaces that the domain's user namespace owns,
// and to become the function's uid there. Permitted alone, not in effect, until it forks: a module's process.setuid()
// fails as it does in an instance.
constexpr unsigned long long kForkCapabilities =
    1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_CHROOT | 1ULL << CAP_SETUID | 1ULL << CAP_SETGID;

Done empty_bounding_set(Entry&) { return sys::drop_bounding_capabilities(); }
Done become_function(Entry& entry) { return sys::set_ids(entry.uid, entry.uid); }
Done drop_capabilities(Entry& entry) { return sys::drop_capabilities(entry.forks ? kForkCapabilities : 0); }
Done no_new_privileges(Entry&) { return sys::no_new_privileges(); }

Done plain_surroundings(Entry&) {
  ::umask(022);
  if (::chdir("/app") < 0) return sys::failure("chdir", "/app");
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return sys::failure("open", "/dev/null");
  for (int fd = 0; fd <= 2; ++fd) {
    if (::dup2(null, fd) < 0) return sys::failure("dup2");
  }
  ::close(null);
  return done();
}

Done replace_inherited(Entry& entry) { return entry.inherited->replace(); }

// Changing ids made the process undumpable, which hides its own /proc/self from it. Only processes of this sandbox
// share the uid.
Done own_proc_readable(Entry&) {
  if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) return sys::failure("prctl PR_SET_DUMPABLE");
  return done();
}

Done filter_syscalls(Entry& entry) { return sys::install_seccomp(entry.seccomp); }

constexpr Step<Entry> kEnter[] = {
    {"cgroup-join", join_cgroups},        {"gate", await_gate},
    {"namespaces", join_namespaces},      {"rlimits", limit_resources},
    {"bounding-set", empty_bounding_set}, {"ids", become_function},
    {"capabilities", drop_capabilities},  {"no-new-privileges", no_new_privileges},
    {"surroundings", plain_surroundings}, {"inherited", replace_inherited},
    {"dumpable", own_proc_readable},
};
constexpr Step<Entry> kSeal[] = {{"seccomp", filter_syscalls}};

}  // namespace

std::span<const Step<Entry>> enter_plan() { return kEnter; }
std::span<const Step<Entry>> seal_plan() { return kSeal; }

}  // namespace jail
