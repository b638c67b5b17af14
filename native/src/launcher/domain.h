// A domain: the user and pid namespace in which a version's template lives and its instances' sandboxes are nested.
// Made of an ordinary sandbox; what makes it a domain is this record beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jail/identity.h"
#include "jail/zygote-protocol.h"
#include "sys/fd.h"
#include "sys/result.h"

namespace launcher {

// Which domains' ranges of ids are in use.
class DomainRanges {
 public:
  // Not one that was given back lately, if it can be helped. Nothing when all are taken.
  std::optional<uid_t> take();
  void give_back(uid_t range) { taken_.erase(range); }

 private:
  std::set<uid_t> taken_;
  uid_t next_ = 0;
};

// What the template sent, and which process the kernel says sent it.
struct TemplateWord {
  jail::ZygoteEvent event{};
  pid_t sender = 0;
};

class Domain {
 public:
  // `socket`: the launcher's end of that to the template.
  Domain(uid_t range, sys::Fd socket) : range_(range), socket_(std::move(socket)) {}

  uid_t range() const { return range_; }
  int socket() const { return socket_.get(); }

  // Ids for one more sandbox inside; nothing when all are taken.
  std::optional<uid_t> take_slot();
  void give_back_slot(uid_t slot) { slots_.erase(slot); }
  bool empty() const { return slots_.empty(); }

  // The process behind it; verified by the caller.
  void set_process(sys::Fd pidfd) { process_ = std::move(pidfd); }
  // Ends the template alone. From now on nothing is asked of it.
  void end_template();
  bool has_template() const { return static_cast<bool>(socket_); }

  // Never waits: a template that does not read is refused.
  sys::Done request_fork(const jail::ForkRequest& request, const std::vector<int>& fds) const;
  // The next word, or nothing when none is there; `gone` when no one is left to speak.
  std::optional<TemplateWord> next_word(bool& gone) const;

 private:
  uid_t range_;
  sys::Fd socket_;
  sys::Fd process_;  // pidfd
  std::set<uid_t> slots_;
  uid_t next_slot_ = 0;
};

// A socket pair for a new template: ours, which never blocks and is told who sends; theirs.
sys::Result<std::pair<sys::Fd, sys::Fd>> template_sockets();
// A pidfd of `pid`, if that process is a member of the pid namespace of `init_pid` itself.
sys::Result<sys::Fd> open_member(pid_t pid, pid_t init_pid);
// In the order of jail::kNestedNamespaces.
sys::Result<std::vector<sys::Fd>> open_namespaces(pid_t init_pid);

}  // namespace launcher
