#include "sys/socket.h"

#include <linux/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace sys {
namespace {

constexpr int kSendTimeoutMs = 1000;

union ControlBuffer {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int) * kMaxFds)];
};

}  // namespace

Result<std::pair<Fd, Fd>> socket_pair(int type) {
  int ends[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0) return failure("socketpair");
  return std::pair<Fd, Fd>(Fd(ends[0]), Fd(ends[1]));
}

// Source: linux/include/uapi/asm-generic/socket.h
Done refuse_descriptors(const Fd& socket) {
#ifdef SO_PASSRIGHTS
  constexpr int kPassRights = SO_PASSRIGHTS;
#else
  constexpr int kPassRights = 83;
#endif
  const int no = 0;
  if (::setsockopt(socket.get(), SOL_SOCKET, kPassRights, &no, sizeof no) < 0 && errno != ENOPROTOOPT)
    return failure("setsockopt", "SO_PASSRIGHTS");
  return done();
}

namespace {

ssize_t send_once(int socket, std::span<const char> bytes, std::span<const int> fds, int flags) {
  ControlBuffer control{};
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::copy(fds.begin(), fds.end(), reinterpret_cast<int*>(CMSG_DATA(rights)));
  }
  return retrying([&] { return ::sendmsg(socket, &header, MSG_NOSIGNAL | flags); });
}

}  // namespace

Done try_send_message(int socket, std::span<const char> bytes, std::span<const int> fds) {
  if (send_once(socket, bytes, fds, MSG_DONTWAIT) < 0) return failure("sendmsg");
  return done();
}

namespace {

// One message; `header` then tells of what came beside its bytes, which lies in `control`.
Result<size_t> receive_once(int socket, std::span<char> buffer, std::span<char> control, msghdr& header, int flags) {
  iovec part{buffer.data(), buffer.size()};
  header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t got = retrying([&] { return ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | flags); });
  header.msg_iov = nullptr;
  if (got < 0) return failure("recvmsg");
  return static_cast<size_t>(got);
}

}  // namespace

Result<size_t> receive_from(int socket, std::span<char> buffer, pid_t& sender) {
  union {
    cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(ucred))];
  } control{};
  msghdr header;
  const size_t got = TRY(receive_once(socket, buffer, control.bytes, header, MSG_DONTWAIT));
  const cmsghdr* told = CMSG_FIRSTHDR(&header);
  if (told != nullptr && told->cmsg_level == SOL_SOCKET && told->cmsg_type == SCM_CREDENTIALS) {
    ucred who{};
    memcpy(&who, CMSG_DATA(told), sizeof who);
    sender = who.pid;
  }
  return got;
}

Done send_message(int socket, std::span<const char> bytes, std::span<const int> fds) {
  while (!bytes.empty()) {
    const ssize_t sent = send_once(socket, bytes, fds, 0);
    if (sent < 0 && errno == EAGAIN) {
      pollfd ready{socket, POLLOUT, 0};
      if (::poll(&ready, 1, kSendTimeoutMs) == 1) continue;
      errno = EAGAIN;
    }
    if (sent < 0) return failure("sendmsg");
    bytes = bytes.subspan(static_cast<size_t>(sent));
    fds = {};
  }
  return done();
}

Result<Message> receive_message(int socket, std::span<char> buffer) {
  ControlBuffer control{};
  msghdr header;
  Message message;
  message.bytes = TRY(receive_once(socket, buffer, control.bytes, header, 0));
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const int* received = reinterpret_cast<const int*>(CMSG_DATA(part));
    for (size_t at = 0; at < count; ++at) message.fds.emplace_back(received[at]);
  }
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    errno = EMSGSIZE;
    return failure("recvmsg");
  }
  return message;
}

Done loopback_up() {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return failure("socket");
  ifreq request{};
  strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) return failure("ioctl SIOCSIFFLAGS", "lo");
  return done();
}

}  // namespace sys
