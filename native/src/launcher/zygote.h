// A zygote as the launcher holds it: the Node process of one runtime from which instances are forked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jail/step.h"
#include "jail/zygote-protocol.h"
#include "sys/fd.h"

namespace launcher {

class Zygote {
 public:
  // Starts Node in a mount namespace of its own whose root is the base layer. `zygote_program`: struct sock_filter[]
  // for itself; the others: descriptors of the files with those of its children.
  struct Programs {
    const std::string& zygote;
    int instance;
    int templ;
  };
  static std::optional<Zygote> start(const std::string& runtime, const Programs& programs, const std::string& fail_at,
                                     jail::StepFailure& failed);
  // Descriptors as in jail/zygote-protocol.h.
  sys::Done request_fork(const jail::ForkRequest& request, const std::vector<int>& fds);
  // The next event, or nothing when none is there; `gone` when the zygote ended.
  std::optional<jail::ZygoteEvent> next_event(bool& gone);
  void kill() const;
  // Why it ends before it was ready, as it told.
  void note_failure(const std::string& text);
  const jail::StepFailure& end() const { return end_; }

  const std::string& runtime() const { return runtime_; }
  pid_t pid() const { return pid_; }
  int socket() const { return socket_.get(); }

 private:
  std::string runtime_;
  pid_t pid_ = 0;
  sys::Fd pidfd_;
  sys::Fd socket_;
  jail::StepFailure end_{"zygote", "it ended before it was ready"};
};

}  // namespace launcher
