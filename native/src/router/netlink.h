// Netlink: a message as it is built, and a socket that sends one and waits for the kernel's word.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sys/fd.h"
#include "sys/result.h"

namespace router {

// One message: header, the family's own struct, attributes, some of them nested.
class NetlinkMessage {
 public:
  NetlinkMessage(uint16_t type, uint16_t flags);
  template <class Body>
  NetlinkMessage& body(const Body& part) {
    append(&part, sizeof part);
    return *this;
  }
  NetlinkMessage& attribute(uint16_t type, const void* bytes, size_t size);
  NetlinkMessage& number(uint16_t type, uint32_t value) { return attribute(type, &value, sizeof value); }
  NetlinkMessage& text(uint16_t type, const std::string& value) {
    return attribute(type, value.c_str(), value.size() + 1);
  }
  size_t open(uint16_t type);
  void close(size_t opened);
  // What is sent; the length is right then.
  std::span<const char> finished(uint32_t sequence);

 private:
  void append(const void* bytes, size_t size);
  std::vector<char> bytes_;
};

// `visit` gets type, payload and size of each attribute.
void each_attribute(const char* bytes, size_t size, const std::function<void(uint16_t, const char*, size_t)>& visit);

class NetlinkSocket {
 public:
  // In the network namespace of the calling thread. The socket stays there wherever the thread goes.
  static sys::Result<NetlinkSocket> open(int protocol);
  // Sends and waits for the acknowledgement.
  sys::Done transact(NetlinkMessage& message, const char* what);
  // Sends and hands out the one answer.
  sys::Result<std::vector<char>> ask(NetlinkMessage& message, const char* what);
  // Several messages that hold together or not at all (nfnetlink batches).
  sys::Done transact_batch(std::span<NetlinkMessage> messages, const char* what);
  sys::Result<std::vector<char>> receive();
  int get() const { return socket_.get(); }

 private:
  sys::Done send(std::span<const char> bytes, const char* what);
  sys::Fd socket_;
  uint32_t sequence_ = 1;
};

}  // namespace router
