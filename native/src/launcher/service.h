// The launcher's loop: takes the worker's requests, watches zygotes and pid-1s, and gives back what ended.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "launcher/domain.h"
#include "launcher/sandbox.h"
#include "launcher/worker-link.h"
#include "launcher/zygote.h"

namespace launcher {

struct Programs {
  std::string zygote;  // struct sock_filter[] of the zygotes
  sys::Fd instance;    // file with that of the instances
  sys::Fd templ;       // file with that of the templates
  sys::Fd open_gate;   // yields bytes without end: for forks into sandboxes that are built
};

class Service {
 public:
  Service(WorkerLink link, Shared shared, Programs programs, sys::Fd signals, HostIds ids);
  // Until the worker is gone; then ends all that it made.
  void run();

 private:
  using Json = nlohmann::json;
  struct Asked {
    Json id;
    int64_t since_ms = 0;
  };
  // What a fork goes with: the instance's end of its channel; what holds it back until the sandbox is built; a
  // template's socket to us.
  struct ForkEnds {
    int channel;
    int gate;
    int control = -1;
  };
  // The process that a template forked. The kernel vouches for it.
  struct Member {
    pid_t pid;
    sys::Fd process;  // pidfd
    bool ended = false;
    bool told = false;
  };
  struct Ending {
    Sandbox sandbox;
    Json request;  // id of the destroy, or null
    bool reaped = false;
  };

  void handle(const Json& request);
  void start_zygote(const Json& request);
  void create(const Json& request);
  void refuse_spoilt(uint32_t sandbox, const Json& request, const jail::StepFailure& failed);
  void fork(const Json& request);
  void fork_into(const Json& id, const Sandbox& sandbox, const ForkEnds& ends);
  void start_ending(uint32_t id, const Json& request);
  void assign(const Json& request);
  void usage(const Json& request);
  void destroy(const Json& request);
  void forget_network(const Json& request);

  // In service-domains.cc.
  std::optional<SandboxSpec> plan(const Json& request, sys::Fd& control, jail::StepFailure& failed);
  bool place_domain(SandboxSpec& spec, sys::Fd& control, jail::StepFailure& failed);
  bool place_nested(SandboxSpec& spec, const Json& request, jail::StepFailure& failed);
  struct Held {
    uid_t first_host_id;
    uint32_t domain;
    uid_t slot;
  };
  void give_back_place(uint32_t id, const Held& held);
  void fork_nested(const Json& id, const Sandbox& sandbox, const ForkEnds& ends);
  void keep_network(const Sandbox& sandbox);
  void retire(const Json& request);
  void take_watched();
  void take_words(uint32_t domain);
  void take_word(uint32_t domain, const TemplateWord& word);
  void take_forked(const Sandbox& sandbox, pid_t sender);
  void take_member_end(uint32_t sandbox);
  void tell_exit(uint32_t sandbox, int status);
  void lose_template(uint32_t domain, const char* reason);
  void lose_silent_templates();
  void finish_retiring();

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
  HostIds ids_;
  std::map<uint32_t, Sandbox> sandboxes_;
  std::map<pid_t, uint32_t> inits_;
  std::map<uint32_t, Ending> endings_;
  std::map<std::string, Zygote> zygotes_;
  std::map<std::string, Json> starting_;  // runtime → id of its zygote request
  std::map<uint32_t, Asked> forking_;     // sandbox → its fork request
  std::map<uint32_t, Domain> domains_;    // by the id of their sandbox
  std::map<uint32_t, Member> members_;    // by the nested sandbox that they are in
  std::map<uint32_t, Json> retiring_;     // domain → id of its request
  sys::Fd watch_;                         // epoll of the templates' sockets and the members' pidfds
  bool worker_here_ = true;
};

}  // namespace launcher
