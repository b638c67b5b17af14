#include "router/filter.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/ip.h>

namespace router {
namespace {

using sys::Done;
using sys::done;

// Of struct nf_conntrack filters; not in the kernel's public headers. Source: linux/net/netfilter/nf_internals.h.
constexpr uint32_t kFilterBySource = 1U << 0;
constexpr uint16_t kCtaFilter = 25;
constexpr uint16_t kCtaFilterOrigFlags = 1;
// Enough for the headers that are looked at.
constexpr uint32_t kCopiedBytes = 64;

constexpr uint16_t type_of(int subsystem, int message) { return static_cast<uint16_t>((subsystem << 8) | message); }

void value(NetlinkMessage& message, uint16_t attribute, const std::string& bytes) {
  const size_t nest = message.open(attribute);
  message.attribute(NFTA_DATA_VALUE, bytes.data(), bytes.size());
  message.close(nest);
}

NetlinkMessage message_of(const Element& element) {
  const int kind = element.remove ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM;
  const int flags = NLM_F_ACK | (element.remove ? 0 : NLM_F_CREATE);
  NetlinkMessage message(type_of(NFNL_SUBSYS_NFTABLES, kind), static_cast<uint16_t>(flags));
  message.body(nfgenmsg{element.family, NFNETLINK_V0, 0});
  message.text(NFTA_SET_ELEM_LIST_TABLE, element.table).text(NFTA_SET_ELEM_LIST_SET, element.set);
  const size_t list = message.open(NFTA_SET_ELEM_LIST_ELEMENTS);
  const size_t one = message.open(NFTA_LIST_ELEM);
  value(message, NFTA_SET_ELEM_KEY, element.key);
  if (!element.key_end.empty()) value(message, NFTA_SET_ELEM_KEY_END, element.key_end);
  if (element.timeout_ms > 0 && !element.remove) {
    const uint64_t timeout = htobe64(element.timeout_ms);
    message.attribute(NFTA_SET_ELEM_TIMEOUT, &timeout, sizeof timeout);
  }
  message.close(one);
  message.close(list);
  return message;
}

Refusal refusal_of(const char* packet, size_t size) {
  iphdr head{};
  if (size < sizeof head) return {};
  std::memcpy(&head, packet, sizeof head);
  Refusal refusal{head.saddr, head.daddr, head.protocol, 0};
  const size_t at = size_t{head.ihl} * 4;
  const bool has_ports = head.protocol == IPPROTO_TCP || head.protocol == IPPROTO_UDP;
  if (!has_ports || at + 4 > size) return refusal;
  std::memcpy(&refusal.port, packet + at + 2, sizeof refusal.port);
  refusal.port = ntohs(refusal.port);
  return refusal;
}

}  // namespace

Done change_elements(NetlinkSocket& netfilter, const std::vector<Element>& elements) {
  std::vector<NetlinkMessage> messages;
  for (const Element& element : elements) messages.push_back(message_of(element));
  return netfilter.transact_batch(messages, "set elements");
}

Done forget_connections(NetlinkSocket& netfilter, uint32_t address) {
  NetlinkMessage message(type_of(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE), NLM_F_ACK);
  // Version 1: the family counts too.
  message.body(nfgenmsg{AF_INET, 1, 0});
  const size_t filter = message.open(kCtaFilter);
  message.number(kCtaFilterOrigFlags, kFilterBySource);
  message.close(filter);
  const size_t tuple = message.open(CTA_TUPLE_ORIG);
  const size_t ip = message.open(CTA_TUPLE_IP);
  message.number(CTA_IP_V4_SRC, address);
  message.close(ip);
  message.close(tuple);
  return netfilter.transact(message, "connections");
}

Done listen_for_refusals(NetlinkSocket& log, uint16_t group) {
  const auto configure = [&](uint16_t attribute, const void* bytes, size_t size) {
    NetlinkMessage message(type_of(NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG), NLM_F_ACK);
    message.body(nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(group)}).attribute(attribute, bytes, size);
    return log.transact(message, "log group");
  };
  const nfulnl_msg_config_cmd bind{NFULNL_CFG_CMD_BIND};
  const nfulnl_msg_config_mode mode{htonl(kCopiedBytes), NFULNL_COPY_PACKET, 0};
  const uint32_t at_once = htonl(1);
  TRY(configure(NFULA_CFG_CMD, &bind, sizeof bind));
  TRY(configure(NFULA_CFG_MODE, &mode, sizeof mode));
  return configure(NFULA_CFG_QTHRESH, &at_once, sizeof at_once);
}

std::vector<Refusal> read_refusals(NetlinkSocket& log) {
  std::vector<Refusal> refusals;
  auto received = log.receive();
  if (!received) return refusals;
  size_t left = received->size();
  for (auto header = reinterpret_cast<const nlmsghdr*>(received->data()); NLMSG_OK(header, left);
       header = NLMSG_NEXT(header, left)) {
    constexpr size_t kHead = NLMSG_HDRLEN + sizeof(nfgenmsg);
    if (header->nlmsg_type != type_of(NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET) || header->nlmsg_len < kHead) continue;
    each_attribute(reinterpret_cast<const char*>(header) + kHead, header->nlmsg_len - kHead,
                   [&](uint16_t type, const char* bytes, size_t size) {
                     if (type == NFULA_PAYLOAD) refusals.push_back(refusal_of(bytes, size));
                   });
  }
  return refusals;
}

}  // namespace router
