// A sandbox's link: one end a port of the router's bridge, the other eth0 in the sandbox.
#pragma once

#include <cstdint>
#include <string>

#include "router/namespaces.h"
#include "router/netlink.h"

namespace router {

struct PortSpec {
  std::string name;  // of the bridge's end
  unsigned index;    // likewise; nobody else's
  int pid;           // of the sandbox's pid 1
  std::string bridge;
  std::string address;  // of the sandbox, IPv4
  std::string gateway;
  uint64_t bytes_per_second;
};

struct Traffic {
  uint64_t received = 0;  // bytes, as the sandbox sees it
  uint64_t sent = 0;
};

class Ports {
 public:
  explicit Ports(const Namespaces& namespaces, NetlinkSocket route)
      : namespaces_(namespaces), route_(std::move(route)) {}
  // Makes the link, isolated from all other ports, bounded both ways, without IPv6. Nothing is left when a part fails.
  sys::Done attach(const PortSpec& spec);
  // Of an attached port, both ways.
  sys::Done limit(const std::string& name, int pid, uint64_t bytes_per_second);
  sys::Result<Traffic> traffic(const std::string& name);
  // Gone already is as good.
  void remove(const std::string& name);

 private:
  sys::Done connect(const PortSpec& spec);
  sys::Result<NetlinkSocket> enter(const sys::Fd& netns);
  const Namespaces& namespaces_;
  NetlinkSocket route_;
};

}  // namespace router
