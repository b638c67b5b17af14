// Unix sockets that carry descriptors.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "sys/fd.h"
#include "sys/result.h"

namespace sys {

constexpr size_t kMaxFds = 16;

struct Message {
  size_t bytes = 0;  // 0: the peer is gone
  std::vector<Fd> fds;
};

Result<std::pair<Fd, Fd>> socket_pair(int type);
// From now on nobody can send descriptors to this socket (Linux 6.16). Older kernels have no such option: nothing
// happens there.
Done refuse_descriptors(const Fd& socket);
// Sends all of `bytes`, `fds` with the first of them. Waits up to a second when the peer's buffer is full.
Done send_message(int socket, std::span<const char> bytes, std::span<const int> fds);
// The same in one call that never waits, for a message socket: EAGAIN is a failure with that errno.
Done try_send_message(int socket, std::span<const char> bytes, std::span<const int> fds);
// One message without descriptors, not waited for, and who sent it (SO_PASSCRED): the number of bytes, 0 when the peer
// is gone. What does not fit is cut.
Result<size_t> receive_from(int socket, std::span<char> buffer, pid_t& sender);
// One recvmsg; received descriptors are close-on-exec. EAGAIN is a failure with that errno.
Result<Message> receive_message(int socket, std::span<char> buffer);
// Brings `lo` up in the network namespace of the caller.
Done loopback_up();

}  // namespace sys
