// The launcher's loop: takes the worker's requests, watches zygotes and pid-1s, and gives back what ended.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "launcher/sandbox.h"
#include "launcher/worker-link.h"
#include "launcher/zygote.h"

namespace launcher {

struct Programs {
  std::string zygote;  // struct sock_filter[] of the zygotes
  sys::Fd instance;    // file with that of the instances
  sys::Fd open_gate;   // yields bytes without end: for forks into sandboxes that are built
};

class Service {
 public:
  Service(WorkerLink link, Shared shared, Programs programs, sys::Fd signals);
  // Until the worker is gone; then ends all that it made.
  void run();

 private:
  using Json = nlohmann::json;
  struct Ending {
    Sandbox sandbox;
    Json request;  // id of the destroy, or null
    bool reaped = false;
  };

  void handle(const Json& request);
  void start_zygote(const Json& request);
  void create(const Json& request);
  void fork(const Json& request);
  void fork_into(const Json& id, const Sandbox& sandbox, const sys::Fd& channel, int gate);
  void assign(const Json& request);
  void usage(const Json& request);
  void destroy(const Json& request);

  void take_zygote_events(Zygote& zygote);
  void take_event(Zygote& zygote, const jail::ZygoteEvent& event);
  void lose_zygote(std::string runtime);
  void reap();
  void finish_endings();
  void shut_down();
  int poll_once(int timeout_ms);

  WorkerLink link_;
  Shared shared_;
  Programs programs_;
  sys::Fd signals_;
  std::map<uint32_t, Sandbox> sandboxes_;
  std::map<pid_t, uint32_t> inits_;
  std::map<uint32_t, Ending> endings_;
  std::map<std::string, Zygote> zygotes_;
  std::map<std::string, Json> starting_;  // runtime → id of its zygote request
  std::map<uint32_t, Json> forking_;      // sandbox → id of its fork request
  bool worker_here_ = true;
};

}  // namespace launcher
