#include "router/netlink.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <cstring>

namespace router {
namespace {

using sys::Done;
using sys::done;

constexpr size_t kReceiveBytes = 64 * 1024;
// The kernel answers within the call that sends; this is for a kernel that never does.
constexpr timeval kPatience{5, 0};

Done refused(const char* what, int error) {
  errno = error;
  return sys::failure("netlink", what);
}

}  // namespace

NetlinkMessage::NetlinkMessage(uint16_t type, uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<uint16_t>(flags | NLM_F_REQUEST);
  append(&header, sizeof header);
}

void NetlinkMessage::append(const void* bytes, size_t size) {
  const char* from = static_cast<const char*>(bytes);
  bytes_.insert(bytes_.end(), from, from + size);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

NetlinkMessage& NetlinkMessage::attribute(uint16_t type, const void* bytes, size_t size) {
  const nlattr header{static_cast<uint16_t>(NLA_HDRLEN + size), type};
  append(&header, sizeof header);
  append(bytes, size);
  return *this;
}

size_t NetlinkMessage::open(uint16_t type) {
  const size_t at = bytes_.size();
  const nlattr header{NLA_HDRLEN, static_cast<uint16_t>(type | NLA_F_NESTED)};
  append(&header, sizeof header);
  return at;
}

void NetlinkMessage::close(size_t opened) {
  const auto size = static_cast<uint16_t>(bytes_.size() - opened);
  std::memcpy(bytes_.data() + opened, &size, sizeof size);
}

std::span<const char> NetlinkMessage::finished(uint32_t sequence) {
  nlmsghdr header;
  std::memcpy(&header, bytes_.data(), sizeof header);
  header.nlmsg_len = static_cast<uint32_t>(bytes_.size());
  header.nlmsg_seq = sequence;
  std::memcpy(bytes_.data(), &header, sizeof header);
  return bytes_;
}

void each_attribute(const char* bytes, size_t size, const std::function<void(uint16_t, const char*, size_t)>& visit) {
  while (size >= NLA_HDRLEN) {
    nlattr header;
    std::memcpy(&header, bytes, sizeof header);
    if (header.nla_len < NLA_HDRLEN || header.nla_len > size) return;
    visit(header.nla_type & NLA_TYPE_MASK, bytes + NLA_HDRLEN, header.nla_len - size_t{NLA_HDRLEN});
    const size_t step = NLA_ALIGN(size_t{header.nla_len});
    if (step >= size) return;
    bytes += step;
    size -= step;
  }
}

sys::Result<NetlinkSocket> NetlinkSocket::open(int protocol) {
  NetlinkSocket opened;
  opened.socket_ = sys::Fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!opened.socket_) return sys::failure("socket", "netlink");
  if (::setsockopt(opened.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) < 0) {
    return sys::failure("setsockopt", "netlink");
  }
  return opened;
}

Done NetlinkSocket::send(std::span<const char> bytes, const char* what) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto to = reinterpret_cast<const sockaddr*>(&kernel);
  if (sys::retrying([&] { return ::sendto(get(), bytes.data(), bytes.size(), 0, to, sizeof kernel); }) < 0) {
    return sys::failure("netlink", what);
  }
  return done();
}

sys::Result<std::vector<char>> NetlinkSocket::receive() {
  std::vector<char> buffer(kReceiveBytes);
  const ssize_t got = sys::retrying([&] { return ::recv(get(), buffer.data(), buffer.size(), 0); });
  if (got < 0) return sys::failure("recv", "netlink");
  buffer.resize(static_cast<size_t>(got));
  return buffer;
}

Done NetlinkSocket::transact(NetlinkMessage& message, const char* what) {
  const uint32_t sequence = sequence_++;
  TRY(send(message.finished(sequence), what));
  for (;;) {
    const std::vector<char> answer = TRY(receive());
    const auto header = reinterpret_cast<const nlmsghdr*>(answer.data());
    if (answer.size() < sizeof(nlmsghdr) + sizeof(nlmsgerr) || header->nlmsg_seq != sequence) continue;
    if (header->nlmsg_type != NLMSG_ERROR) continue;
    const int error = reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
    return error == 0 ? done() : refused(what, -error);
  }
}

sys::Result<std::vector<char>> NetlinkSocket::ask(NetlinkMessage& message, const char* what) {
  const uint32_t sequence = sequence_++;
  TRY(send(message.finished(sequence), what));
  for (;;) {
    std::vector<char> answer = TRY(receive());
    const auto header = reinterpret_cast<const nlmsghdr*>(answer.data());
    if (answer.size() < sizeof(nlmsghdr) || header->nlmsg_seq != sequence) continue;
    if (header->nlmsg_type != NLMSG_ERROR) return answer;
    return refused(what, -reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(header))->error).failure();
  }
}

// Source: linux/net/netfilter/nfnetlink.c, nfnetlink_rcv_batch: each message asks for its own acknowledgement.
Done NetlinkSocket::transact_batch(std::span<NetlinkMessage> messages, const char* what) {
  const auto edge = [](uint16_t type) {
    return NetlinkMessage(type, 0).body(nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)});
  };
  NetlinkMessage begin = edge(NFNL_MSG_BATCH_BEGIN), end = edge(NFNL_MSG_BATCH_END);
  const uint32_t first = sequence_;
  std::vector<char> bytes;
  const auto add = [&](NetlinkMessage& message) {
    const auto part = message.finished(sequence_++);
    bytes.insert(bytes.end(), part.begin(), part.end());
  };
  add(begin);
  for (NetlinkMessage& message : messages) add(message);
  add(end);
  TRY(send(bytes, what));
  int error = 0;
  for (size_t acknowledged = 0; acknowledged < messages.size();) {
    const std::vector<char> answer = TRY(receive());
    size_t left = answer.size();
    for (auto header = reinterpret_cast<const nlmsghdr*>(answer.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type != NLMSG_ERROR || header->nlmsg_seq < first) continue;
      const int said = reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
      if (said != 0 && error == 0) error = -said;
      // The batch as a whole was not taken.
      if (header->nlmsg_seq == first) return refused(what, error);
      ++acknowledged;
    }
  }
  return error == 0 ? done() : refused(what, error);
}

}  // namespace router
