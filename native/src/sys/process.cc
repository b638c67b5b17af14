#include "sys/process.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

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

Done set_namespaces(const Fd& pidfd, int flags) {
  if (::setns(pidfd.get(), flags) < 0) return failure("setns");
  return done();
}

Done drop_bounding_capabilities() {
  constexpr unsigned long kSecurebits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                        SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                        SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability) < 0) return failure("prctl PR_CAPBSET_DROP");
  }
  if (::prctl(PR_SET_SECUREBITS, kSecurebits) < 0) return failure("prctl PR_SET_SECUREBITS");
  return done();
}

Done drop_all_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2]{};
  if (::syscall(SYS_capset, &header, none) < 0) return failure("capset");
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

Done send_signal(const Fd& pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) < 0 && errno != ESRCH)
    return failure("pidfd_send_signal");
  return done();
}

}  // namespace sys
