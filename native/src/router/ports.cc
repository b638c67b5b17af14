#include "router/ports.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <algorithm>

namespace router {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

// Chosen by us, so that nobody has to ask for it; lo is 1, and tunnels that a kernel adds to each namespace follow. The
// kernel honours it when the other end's number is chosen too.
constexpr int kInnerIndex = 1000;
constexpr uint16_t kCreate = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
// A bucket holds what arrives in this time, and no less than the largest packet that the kernel builds.
constexpr uint64_t kBucketsPerSecond = 100;
constexpr uint64_t kLeastBucket = 64 * 1024;
// What waits for its turn beyond the bucket, in seconds' parts.
constexpr uint64_t kQueuesPerSecond = 20;
constexpr uint64_t kLeastQueue = 128 * 1024;
// The kernel's unit of time in queue parameters. Source: linux/include/net/pkt_sched.h, PSCHED_SHIFT.
constexpr uint64_t kTicksPerSecond = 1'000'000'000 / 64;

ifinfomsg link_of(unsigned index, unsigned flags = 0) {
  ifinfomsg info{};
  info.ifi_family = AF_UNSPEC;
  info.ifi_index = static_cast<int>(index);
  info.ifi_flags = flags;
  info.ifi_change = flags;
  return info;
}

NetlinkMessage up(unsigned index) {
  NetlinkMessage message(RTM_NEWLINK, NLM_F_ACK);
  message.body(link_of(index, IFF_UP));
  return message;
}

// Source: linux/net/sched/sch_tbf.c, tbf_change.
NetlinkMessage bucket(unsigned index, uint64_t bytes_per_second, uint16_t flags) {
  tcmsg about{};
  about.tcm_family = AF_UNSPEC;
  about.tcm_ifindex = static_cast<int>(index);
  about.tcm_parent = TC_H_ROOT;
  about.tcm_handle = 1U << 16;
  const auto burst = static_cast<uint32_t>(std::max(kLeastBucket, bytes_per_second / kBucketsPerSecond));
  tc_tbf_qopt options{};
  options.rate.linklayer = TC_LINKLAYER_ETHERNET;
  options.rate.rate = static_cast<uint32_t>(std::min<uint64_t>(bytes_per_second, UINT32_MAX));
  options.limit = static_cast<uint32_t>(burst + std::max(kLeastQueue, bytes_per_second / kQueuesPerSecond));
  options.buffer = static_cast<uint32_t>(std::min<uint64_t>(burst * kTicksPerSecond / bytes_per_second, UINT32_MAX));
  NetlinkMessage message(RTM_NEWQDISC, static_cast<uint16_t>(flags | NLM_F_ACK));
  message.body(about).text(TCA_KIND, "tbf");
  const size_t nest = message.open(TCA_OPTIONS);
  message.attribute(TCA_TBF_PARMS, &options, sizeof options).number(TCA_TBF_BURST, burst);
  message.attribute(TCA_TBF_RATE64, &bytes_per_second, sizeof bytes_per_second);
  message.close(nest);
  return message;
}

sys::Result<in_addr> address_of(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) == 1) return address;
  errno = EINVAL;
  return sys::failure("inet_pton", text);
}

sys::Result<unsigned> index_of(const std::string& name) {
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) return sys::failure("if_nametoindex", name);
  return index;
}

NetlinkMessage veth(const PortSpec& spec, unsigned bridge, const Fd& netns) {
  NetlinkMessage message(RTM_NEWLINK, kCreate);
  message.body(link_of(spec.index)).text(IFLA_IFNAME, spec.name).number(IFLA_MASTER, bridge);
  const size_t info = message.open(IFLA_LINKINFO);
  message.text(IFLA_INFO_KIND, "veth");
  const size_t data = message.open(IFLA_INFO_DATA);
  const size_t peer = message.open(VETH_INFO_PEER);
  message.body(link_of(kInnerIndex)).text(IFLA_IFNAME, "eth0");
  message.number(IFLA_NET_NS_FD, static_cast<uint32_t>(netns.get()));
  message.close(peer);
  message.close(data);
  message.close(info);
  return message;
}

// Frames of one isolated port never reach another one.
NetlinkMessage isolation(unsigned index) {
  NetlinkMessage message(RTM_SETLINK, NLM_F_ACK);
  ifinfomsg about = link_of(index);
  about.ifi_family = AF_BRIDGE;
  message.body(about);
  const size_t nest = message.open(IFLA_PROTINFO);
  const uint8_t yes = 1;
  message.attribute(IFLA_BRPORT_ISOLATED, &yes, sizeof yes);
  message.close(nest);
  return message;
}

NetlinkMessage own_address(in_addr address) {
  ifaddrmsg about{};
  about.ifa_family = AF_INET;
  about.ifa_prefixlen = 32;
  about.ifa_index = kInnerIndex;
  NetlinkMessage message(RTM_NEWADDR, kCreate);
  message.body(about).attribute(IFA_LOCAL, &address, sizeof address).attribute(IFA_ADDRESS, &address, sizeof address);
  return message;
}

// Everything goes to the router, the neighbours on the bridge too.
NetlinkMessage default_route(in_addr gateway) {
  rtmsg about{};
  about.rtm_family = AF_INET;
  about.rtm_table = RT_TABLE_MAIN;
  about.rtm_protocol = RTPROT_STATIC;
  about.rtm_scope = RT_SCOPE_UNIVERSE;
  about.rtm_type = RTN_UNICAST;
  about.rtm_flags = RTNH_F_ONLINK;
  NetlinkMessage message(RTM_NEWROUTE, kCreate);
  message.body(about).attribute(RTA_GATEWAY, &gateway, sizeof gateway).number(RTA_OIF, kInnerIndex);
  return message;
}

}  // namespace

// A netlink socket in the sandbox's namespace, which is without IPv6 from here on.
sys::Result<NetlinkSocket> Ports::enter(const Fd& netns) {
  NetlinkSocket socket;
  const Done entered = namespaces_.inside(netns, [&]() -> Done {
    // Not there when the kernel has no IPv6 at all, which is as good.
    const auto off = set_sysctl("net/ipv6/conf/all/disable_ipv6", "1");
    if (!off && off.failure().error != ENOENT) return off.failure();
    socket = TRY(NetlinkSocket::open(NETLINK_ROUTE));
    return done();
  });
  if (!entered) return entered.failure();
  return socket;
}

Done Ports::connect(const PortSpec& spec) {
  const in_addr address = TRY(address_of(spec.address));
  const in_addr gateway = TRY(address_of(spec.gateway));
  const Fd netns = TRY(namespaces_.of_process(spec.pid));
  NetlinkSocket inner = TRY(enter(netns));
  NetlinkMessage link = veth(spec, TRY(index_of(spec.bridge)), netns);
  TRY(route_.transact(link, "veth"));
  NetlinkMessage isolated = isolation(spec.index), outer_rate = bucket(spec.index, spec.bytes_per_second, kCreate);
  NetlinkMessage inner_rate = bucket(kInnerIndex, spec.bytes_per_second, kCreate), own = own_address(address);
  NetlinkMessage outer_up = up(spec.index), inner_up = up(kInnerIndex), route = default_route(gateway);
  TRY(route_.transact(isolated, "isolation"));
  TRY(route_.transact(outer_rate, "bandwidth"));
  TRY(inner.transact(inner_rate, "bandwidth inside"));
  TRY(route_.transact(outer_up, "port up"));
  TRY(inner.transact(own, "address"));
  TRY(inner.transact(inner_up, "eth0 up"));
  return inner.transact(route, "route");
}

Done Ports::attach(const PortSpec& spec) {
  Done connected = connect(spec);
  if (!connected) remove(spec.name);
  return connected;
}

Done Ports::limit(const std::string& name, int pid, uint64_t bytes_per_second) {
  const Fd netns = TRY(namespaces_.of_process(pid));
  NetlinkSocket inner = TRY(enter(netns));
  NetlinkMessage outer = bucket(TRY(index_of(name)), bytes_per_second, 0);
  NetlinkMessage within = bucket(kInnerIndex, bytes_per_second, 0);
  TRY(route_.transact(outer, "bandwidth"));
  return inner.transact(within, "bandwidth inside");
}

sys::Result<Traffic> Ports::traffic(const std::string& name) {
  NetlinkMessage message(RTM_GETLINK, 0);
  message.body(link_of(0)).text(IFLA_IFNAME, name);
  const std::vector<char> answer = TRY(route_.ask(message, "traffic"));
  Traffic found;
  constexpr size_t kHead = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ifinfomsg));
  if (answer.size() < kHead) return found;
  each_attribute(answer.data() + kHead, answer.size() - kHead, [&](uint16_t type, const char* bytes, size_t size) {
    rtnl_link_stats64 stats{};
    if (type != IFLA_STATS64) return;
    std::memcpy(&stats, bytes, std::min(size, sizeof stats));
    found = {stats.tx_bytes, stats.rx_bytes};
  });
  return found;
}

void Ports::remove(const std::string& name) {
  NetlinkMessage message(RTM_DELLINK, NLM_F_ACK);
  message.body(link_of(0)).text(IFLA_IFNAME, name);
  (void)route_.transact(message, "port gone");
}

}  // namespace router
