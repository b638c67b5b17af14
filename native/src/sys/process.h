// Processes, namespaces and privileges.
#pragma once

#include <sys/types.h>

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
Done set_namespaces(const Fd& pidfd, int flags);
// Removes every capability: bounding, ambient, effective, permitted, inheritable; locks the securebits.
// Ids change between the two halves, which need CAP_SETPCAP and CAP_SETUID.
Done drop_bounding_capabilities();
Done drop_all_capabilities();
Done set_ids(uid_t uid, gid_t gid);
Done no_new_privileges();
// An array of struct sock_filter.
Done install_seccomp(std::span<const char> program);
Done limit_resource(int resource, unsigned long long value);
Done send_signal(const Fd& pidfd, int signal);

}  // namespace sys
