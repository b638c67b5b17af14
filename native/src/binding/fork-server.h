// What a zygote and a frozen template do all their life: wait for requests, fork, reap, tell the launcher.
#pragma once

#include <signal.h>

#include <map>
#include <span>
#include <string>

#include "jail/enter.h"
#include "jail/inherited.h"
#include "jail/zygote-protocol.h"
#include "sys/fd.h"
#include "sys/result.h"

namespace binding {

void send_event(int control, jail::ZygoteEventKind kind, uint32_t sandbox, int pid, int status,
                const std::string& text);

// Each is struct sock_filter[], and outlives the server.
struct Filters {
  std::span<const char> instance;
  std::span<const char> templ;  // empty in a template, which makes none
};

// Where a forked child finds itself: sealed in its sandbox.
struct Birth {
  int channel = -1;
  int control = -1;  // a template's socket to the launcher
  uint32_t sandbox = 0;
  sys::Fd memory_gauge;  // the file that tells how much memory its sandbox uses
};

class ForkServer {
 public:
  enum class Role { kZygote, kTemplate };
  // `control`: socket to the launcher.
  ForkServer(Role role, int control, Filters filters) : role_(role), control_(control), filters_(filters) {}

  sys::Done prepare();
  // Returns in a child alone. Ends the process when the launcher is gone.
  Birth serve();

 private:
  // A child to be, and the descriptors that it goes with.
  struct Order {
    jail::ForkRequest request{};
    sys::Fd channel;
    sys::Fd control;
    sys::Fd memory_gauge;
    jail::Entry entry;
  };

  void reap();
  bool take_order(Order& order);
  bool read_order(std::vector<sys::Fd>& fds, Order& order);
  // True in the child.
  bool fork_into(Order& order);
  void enter(Order& order);

  Role role_;
  int control_;
  std::string fail_at_;  // of the request at hand
  Filters filters_;
  sys::Fd own_pids_;
  sys::Fd bell_;
  struct sigaction before_ {};
  jail::Inherited inherited_;
  std::map<pid_t, uint32_t> children_;
};

}  // namespace binding
