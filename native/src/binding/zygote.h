// A zygote's life: waits for requests, forks, reaps, tells the launcher.
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

class Zygote {
 public:
  // `control`: socket to the launcher. `seccomp`: struct sock_filter[] of the instances; it outlives the zygote.
  Zygote(int control, std::span<const char> seccomp) : control_(control), seccomp_(seccomp) {}

  sys::Done prepare();
  // Returns in a child alone, sealed in its sandbox, with the descriptor of its channel. Ends the process when the
  // launcher is gone.
  int serve(uint32_t& sandbox);

 private:
  void reap();
  int take_request(uint32_t& sandbox);
  int fork_into(uint32_t sandbox, sys::Fd channel, jail::Entry& entry);
  int enter(uint32_t sandbox, sys::Fd channel, jail::Entry& entry);

  int control_;
  std::string fail_at_;  // of the request at hand
  std::span<const char> seccomp_;
  sys::Fd own_pids_;
  sys::Fd bell_;
  jail::Inherited inherited_;
  std::map<pid_t, uint32_t> children_;
};

}  // namespace binding
