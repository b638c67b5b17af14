#include "sys/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cstdlib>

#include "sys/file.h"

namespace sys {

Result<Child> clone_process(unsigned long long flags) {
  int pidfd = -1;
  clone_args args{};
  args.flags = flags | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<__u64>(&pidfd);
  args.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0) return failure("clone3");
  return Child{static_cast<pid_t>(pid), pid == 0 ? Fd() : Fd(pidfd)};
}

namespace {

constexpr int kInsideTimeoutMs = 5000;

struct Told {
  int pidfd;
  int error;
};

// A new process of our parent's. Source: clone(2), CLONE_PARENT, which takes the caller's exit signal.
long clone_sibling(unsigned long long flags, int* pidfd) {
  clone_args args{};
  args.flags = flags | CLONE_PARENT | (pidfd == nullptr ? 0 : CLONE_PIDFD);
  args.pidfd = reinterpret_cast<__u64>(pidfd);
  return ::syscall(SYS_clone3, &args, sizeof args);
}

// True in the process that was wanted. A pid namespace that was joined is only that of later children, and the first of
// them alone may make another below it: so there are two that go between. Both share the caller's descriptors.
bool clone_inside(const Surroundings& in, unsigned long long flags, int telling) {
  int pidfd = -1;
  long pid = -1;
  const bool there = (in.network < 0 || ::setns(in.network, CLONE_NEWNET) == 0) &&
                     set_namespaces(in.init, CLONE_NEWUSER | CLONE_NEWPID);
  if (there) pid = clone_sibling(CLONE_FILES, nullptr);
  if (pid > 0) ::_exit(0);
  if (pid == 0) pid = clone_sibling(flags, &pidfd);
  if (pid == 0) return true;
  const Told told{pid < 0 ? -1 : pidfd, errno};
  (void)!::write(telling, &told, sizeof told);
  ::_exit(0);
}

// Source: proc_pid_fdinfo(5): "Pid:" of a pidfd, in the pid namespace of the reader's /proc.
Result<pid_t> pid_of(const Fd& pidfd) {
  const std::string text = TRY(read_path("/proc/self/fdinfo/" + std::to_string(pidfd.get())));
  const size_t at = text.find("Pid:\t");
  const pid_t pid = at == std::string::npos ? -1 : static_cast<pid_t>(std::strtol(text.c_str() + at + 5, nullptr, 10));
  if (pid <= 0) return failure("pid of pidfd");
  return pid;
}

}  // namespace

Result<Child> clone_process_inside(const Surroundings& in, unsigned long long flags) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failure("pipe2");
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  clone_args args{};
  args.flags = CLONE_FILES;
  args.exit_signal = SIGCHLD;
  const long between = ::syscall(SYS_clone3, &args, sizeof args);
  if (between < 0) return failure("clone3");
  if (between == 0 && clone_inside(in, flags, write_end.get())) return Child{};
  // The second one writes, so it has been there; the first has ended before. Others of our children are not touched.
  Told told{-1, ECHILD};
  pollfd readable{read_end.get(), POLLIN, 0};
  // Our own writing end is open too: a helper that is killed shows as silence.
  if (retrying([&] { return ::poll(&readable, 1, kInsideTimeoutMs); }) == 1)
    (void)!retrying([&] { return ::read(read_end.get(), &told, sizeof told); });
  retrying([&] { return ::waitpid(static_cast<pid_t>(between), nullptr, 0); });
  errno = told.error;
  if (told.pidfd < 0) return failure("clone3", "inside");
  Fd pidfd(told.pidfd);
  const pid_t pid = TRY(pid_of(pidfd));
  return Child{pid, std::move(pidfd)};
}

// Source: include/uapi/linux/pidfd.h, PIDFD_GET_INFO; not in every libc's headers.
std::optional<int> exit_status(const Fd& pidfd) {
  struct {
    __u64 mask;
    __u64 cgroup;
    __u32 ids[11];
    __s32 exit_code;
  } info{};
  constexpr __u64 kExit = 1 << 3;
  info.mask = kExit;
  if (::ioctl(pidfd.get(), _IOWR(0xFF, 11, decltype(info)), &info) < 0) return std::nullopt;
  if ((info.mask & kExit) == 0) return std::nullopt;
  return info.exit_code;
}

Result<Fd> open_process(pid_t pid) {
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return failure("pidfd_open");
  return pidfd;
}

Done set_namespaces(const Fd& pidfd, int flags) {
  if (::setns(pidfd.get(), flags) < 0) return failure("setns");
  return done();
}

Done drop_bounding_capabilities() {
  constexpr unsigned long kSecurebits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                        SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                        SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  for (unsigned long capability = 0;; ++capability) {
    const int held = ::prctl(PR_CAPBSET_READ, capability);
    if (held < 0) break;
    if (held > 0 && ::prctl(PR_CAPBSET_DROP, capability) < 0) return failure("prctl PR_CAPBSET_DROP");
  }
  if (::prctl(PR_GET_SECUREBITS) == static_cast<int>(kSecurebits)) return done();
  if (::prctl(PR_SET_SECUREBITS, kSecurebits) < 0) return failure("prctl PR_SET_SECUREBITS");
  return done();
}

Done raise_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2]{};
  if (::syscall(SYS_capget, &header, sets) < 0) return failure("capget");
  for (auto& set : sets) set.effective = set.permitted;
  if (::syscall(SYS_capset, &header, sets) < 0) return failure("capset");
  return done();
}

Done drop_capabilities(unsigned long long kept) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct sets[2]{{0, static_cast<__u32>(kept), 0}, {0, static_cast<__u32>(kept >> 32), 0}};
  if (::syscall(SYS_capset, &header, sets) < 0) return failure("capset");
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return failure("prctl PR_CAP_AMBIENT");
  return done();
}

Done set_ids(uid_t uid, gid_t gid) {
  if (::setgroups(0, nullptr) < 0) return failure("setgroups");
  if (::setresgid(gid, gid, gid) < 0) return failure("setresgid");
  if (::setresuid(uid, uid, uid) < 0) return failure("setresuid");
  return done();
}

Done no_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return failure("prctl PR_SET_NO_NEW_PRIVS");
  return done();
}

Done install_seccomp(std::span<const char> program) {
  const sock_fprog filter{static_cast<unsigned short>(program.size() / sizeof(sock_filter)),
                          reinterpret_cast<sock_filter*>(const_cast<char*>(program.data()))};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
    return failure("seccomp");
  return done();
}

Done limit_resource(int resource, unsigned long long value) {
  const rlimit limit{value, value};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &limit) < 0) return failure("setrlimit");
  return done();
}

unsigned long long grantable_files(unsigned long long wanted) {
  rlimit own{};
  return ::getrlimit(RLIMIT_NOFILE, &own) == 0 && own.rlim_max < wanted ? own.rlim_max : wanted;
}

Done send_signal(const Fd& pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) < 0 && errno != ESRCH)
    return failure("pidfd_send_signal");
  return done();
}

}  // namespace sys
