// The router's loop: one JSON object a line from the worker, as with the launcher (launcher/worker-link.h).
//
//   {"id":1,"op":"run","where":"host"|"inside","argv":["nft","-f","-"],"input":"…"}          → {"output":"…"}
//   {"id":2,"op":"sysctl","where":…,"key":"net/ipv4/ip_forward","value":"1"}                  → {"before":"0"}
//   {"id":3,"op":"lock","held":true}      one installation of the host at a time
//   {"id":4,"op":"farewell","steps":[…]}  runs and sysctls, for when the worker is gone
//   {"id":5,"op":"attach","port":"s7","index":10007,"pid":…,"bridge":"br0","address":"…","gateway":"…","bytesPerSecond":…}
//   {"id":6,"op":"limit","port":"s7","pid":…,"bytesPerSecond":…}
//   {"id":7,"op":"traffic","port":"s7"}                                                       →
//   {"rxBytes":…,"txBytes":…}
//   {"id":8,"op":"elements","elements":[{family,table,set,key,keyEnd?,timeoutMs?,remove?}]}   keys in hex
//   {"id":9,"op":"forget","address":"…"}  its connections, here and on the host
//   {"id":10,"op":"listen","group":n}     then {"event":"refused","source","destination","protocol","port"}
#pragma once

#include <nlohmann/json.hpp>

#include "launcher/worker-link.h"
#include "router/filter.h"
#include "router/namespaces.h"
#include "router/ports.h"

namespace router {

struct Sockets {
  NetlinkSocket filter, log;            // of the router's own namespace
  NetlinkSocket host_filter, host_log;  // of the host's
};

class Service {
 public:
  Service(launcher::WorkerLink link, const Namespaces& namespaces, Ports ports, Sockets sockets)
      : link_(std::move(link)), namespaces_(namespaces), ports_(std::move(ports)), sockets_(std::move(sockets)) {}
  // Until the worker is gone; then takes its leave of the host.
  void run();

 private:
  using Json = nlohmann::json;
  void handle(const Json& request);
  sys::Result<Json> perform(const std::string& op, const Json& request);
  sys::Result<Json> run(const Json& request);
  sys::Result<Json> set(const Json& request);
  sys::Result<Json> lock(bool held);
  sys::Result<Json> attach(const Json& request);
  sys::Result<Json> change(const Json& request);
  sys::Result<Json> forget(const std::string& address);
  sys::Result<Json> listen(uint16_t group);
  void tell_refusals(NetlinkSocket& log);
  void take_leave();
  const sys::Fd& place(const Json& request) const;

  launcher::WorkerLink link_;
  const Namespaces& namespaces_;
  Ports ports_;
  Sockets sockets_;
  Json farewell_ = Json::array();
  sys::Fd lock_;
  bool worker_here_ = true;
};

}  // namespace router
