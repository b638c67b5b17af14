// What changes in the rules as sandboxes come and go: elements of sets, and connections that are forgotten.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "router/netlink.h"

namespace router {

struct Element {
  bool remove = false;
  uint8_t family = 0;  // NFPROTO_…
  std::string table;
  std::string set;
  std::string key;      // bytes
  std::string key_end;  // the other end of an interval of keys, or empty
  uint64_t timeout_ms = 0;
};

// All of them or none.
sys::Done change_elements(NetlinkSocket& netfilter, const std::vector<Element>& elements);
// Connections that this IPv4 address opened are no longer established.
sys::Done forget_connections(NetlinkSocket& netfilter, uint32_t address);

// A packet that a rule refused and logged.
struct Refusal {
  uint32_t source, destination;  // network byte order
  uint8_t protocol;
  uint16_t port;  // of the destination; 0 when the protocol has none
};

// Asks for the packets that rules of this namespace log to the group.
sys::Done listen_for_refusals(NetlinkSocket& log, uint16_t group);
std::vector<Refusal> read_refusals(NetlinkSocket& log);

}  // namespace router
