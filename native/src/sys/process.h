// Processes, namespaces and privileges.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>

#include "sys/fd.h"
#include "sys/result.h"

namespace sys {

struct Child {
  pid_t pid = 0;  // 0 in the child
  Fd pidfd;       // in the parent
};

// clone3 with fork semantics and a pidfd. Only for single-threaded callers: no atfork handler runs.
Result<Child> clone_process(unsigned long long flags);
// Where a process is to be: the user and pid namespace of the process behind `init`, and a network namespace, if not
// -1.
struct Surroundings {
  const Fd& init;
  int network = -1;
};
// As a child of the caller, with `flags`, in there.
Result<Child> clone_process_inside(const Surroundings& in, unsigned long long flags);
Done set_namespaces(const Fd& pidfd, int flags);
// Removes every capability from the bounding set and locks the securebits, so that no id or program brings one back;
// then the other sets. Ids change between the two halves, which need CAP_SETPCAP and CAP_SETUID.
// Does nothing in a process that has lost them already.
Done drop_bounding_capabilities();
// `kept` (1 << CAP_…) stay permitted; none is in effect afterwards.
Done drop_capabilities(unsigned long long kept);
// Puts in effect all that is permitted.
Done raise_capabilities();
Done set_ids(uid_t uid, gid_t gid);
Done no_new_privileges();
// An array of struct sock_filter.
Done install_seccomp(std::span<const char> program);
Done limit_resource(int resource, unsigned long long value);
Result<Fd> open_process(pid_t pid);
// How a process that was reaped ended, as waitpid gives it. Nothing where the kernel does not tell (before Linux 6.15).
std::optional<int> exit_status(const Fd& pidfd);
// Of open files: `wanted`, or what the calling process may have itself when that is less.
unsigned long long grantable_files(unsigned long long wanted);
Done send_signal(const Fd& pidfd, int signal);

}  // namespace sys
