#pragma once

#include <sys/types.h>

namespace fn::bundle_jail {

// Who the command runs as.
struct Owner {
  uid_t uid;
  gid_t gid;
};

// This process may make namespaces and mounts without a user namespace.
bool is_privileged();

// Enters new mount, pid, network, IPC and UTS namespaces; in a new user namespace, mapping the caller to itself, when
// not privileged. The pid namespace is that of the next child.
void enter_namespaces(bool privileged);

// Memory, CPU seconds, written bytes and core dumps (none).
void limit_resources();

// Gives up every capability for good. `owner`, when not null, is who to become first: needs CAP_SETUID and CAP_SETGID.
// The order matters: the bounding set needs CAP_SETPCAP, and a change of uid clears what is permitted.
void drop_privileges(const Owner* owner);

}  // namespace fn::bundle_jail
