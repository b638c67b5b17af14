// A domain: the user and pid namespace in which a version's template lives and its instances' sandboxes are nested.
// Made of an ordinary sandbox; what makes it a domain is this record beside it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jail/identity.h"
#include "jail/zygote-protocol.h"
#include "launcher/host-ids.h"
#include "sys/fd.h"
#include "sys/result.h"

namespace launcher {

// What the template sent, and which process the kernel says sent it.
struct TemplateWord {
  jail::ZygoteEvent event{};
  pid_t sender = 0;
};

class Domain {
 public:
  // `socket`: the launcher's end of that to the template.
  explicit Domain(sys::Fd socket) : socket_(std::move(socket)) {}

  int socket() const { return socket_.get(); }

  // Ids for one more sandbox inside; nothing when all are taken.
  std::optional<uid_t> take_slot() { return slots_.take(); }
  void give_back_slot(uid_t slot) { slots_.give_back(slot); }
  bool empty() const { return slots_.empty(); }

  // The process behind it; verified by the caller.
  void set_process(sys::Fd pidfd) { process_ = std::move(pidfd); }
  // Ends the template alone. From now on nothing is asked of it.
  void end_template();
  bool has_template() const { return static_cast<bool>(socket_); }

  // Network namespaces of sandboxes that ended here, for those to come: making one, wiring it and ending it are a
  // fifth of what a start costs. By the id that the sandbox had. Not kept when there are many, or no template.
  void keep_network(uint32_t sandbox, sys::Fd space);
  bool keeps_network(uint32_t sandbox) const { return networks_.contains(sandbox); }
  // Empty: it is not there.
  sys::Fd take_network(uint32_t sandbox);

  // Never waits: a template that does not read is refused.
  sys::Done request_fork(const jail::ForkRequest& request, const std::vector<int>& fds) const;
  // The next word, or nothing when none is there; `gone` when no one is left to speak.
  std::optional<TemplateWord> next_word(bool& gone) const;

 private:
  sys::Fd socket_;
  sys::Fd process_;  // pidfd
  std::map<uint32_t, sys::Fd> networks_;
  Numbers slots_{jail::kMostNested};
};

// A socket pair for a new template: ours, which never blocks and is told who sends; theirs.
sys::Result<std::pair<sys::Fd, sys::Fd>> template_sockets();
// A pidfd of `pid`, if that process is a member of the pid namespace of `init_pid` itself.
sys::Result<sys::Fd> open_member(pid_t pid, pid_t init_pid);
// In the order of jail::kNestedNamespaces.
sys::Result<std::vector<sys::Fd>> open_namespaces(pid_t init_pid);

}  // namespace launcher
