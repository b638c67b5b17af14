// Service, as far as domains go: where sandboxes are placed, forks by templates, what templates say. A template runs a
// tenant's code: it is never waited for, and its word counts for the sandboxes of its own domain alone.
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>

#include <vector>

#include "launcher/clock.h"
#include "launcher/service.h"
#include "launcher/wire-forms.h"
#include "sys/file.h"
#include "sys/process.h"

namespace launcher {
namespace {

constexpr int64_t kForkTimeoutMs = 10'000;
// So that one that babbles does not keep the others waiting.
constexpr int kWordsAtOnce = 64;
constexpr int kWatchedAtOnce = 64;
constexpr uint64_t kMemberMark = 1ULL << 32;
const std::string kNestedPrefix = "nested:";

// "nested:<step>" fails a step of nested sandboxes alone, any other name a step of the others.
std::string failure_in_nested(const std::string& fail_at) {
  return fail_at.starts_with(kNestedPrefix) ? fail_at.substr(kNestedPrefix.size()) : "";
}

// EPOLLHUP, which is always wanted, is all that is wanted of a pidfd: its process was reaped.
bool watch(const sys::Fd& epoll, int fd, uint32_t events, uint64_t mark) {
  epoll_event event{events, {.u64 = mark}};
  return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

// Nothing is left of the place when it fails.
std::optional<SandboxSpec> Service::plan(const Json& request, sys::Fd& control, jail::StepFailure& failed) {
  SandboxSpec spec{request.at("sandbox").get<uint32_t>(),
                   request.value("runtime", ""),
                   layers_of(request),
                   request.at("hostname").get<std::string>(),
                   limits_of(request.at("limits")),
                   {},
                   shared_.fail_at};
  failed = {"request", "the id is taken"};
  if (spec.id == 0 || sandboxes_.contains(spec.id) || endings_.contains(spec.id)) {
    return std::nullopt;
  }
  const bool nested = request.contains("domain");
  if (nested || request.value("template", false)) {
    if (nested ? !place_nested(spec, request, failed) : !place_domain(spec, control, failed)) return std::nullopt;
    return spec;
  }
  failed = {"ids", "no range of ids is left"};
  const auto first = ids_.take_sandbox();
  if (!first) return std::nullopt;
  spec.place.first_host_id = *first;
  return spec;
}

bool Service::place_domain(SandboxSpec& spec, sys::Fd& control, jail::StepFailure& failed) {
  const auto first = ids_.take_domain();
  auto sockets = template_sockets();
  if (!first || !sockets) {
    if (first) ids_.give_back(*first);
    failed = first ? jail::StepFailure{"template-socket", sockets.failure().text()}
                   : jail::StepFailure{"domain", "no range of ids is left"};
    return false;
  }
  spec.place.first_host_id = *first;
  spec.place.id_count = jail::kIdsPerDomain;
  control = std::move(sockets->second);
  const auto made = domains_.emplace(spec.id, Domain(std::move(sockets->first))).first;
  watch(watch_, made->second.socket(), EPOLLIN, spec.id);
  return true;
}

bool Service::place_nested(SandboxSpec& spec, const Json& request, jail::StepFailure& failed) {
  const auto domain = request.at("domain").get<uint32_t>();
  const auto home = sandboxes_.find(domain);
  const auto record = domains_.find(domain);
  failed = {"domain", "the template is gone"};
  if (home == sandboxes_.end() || record == domains_.end() || !record->second.has_template()) return false;
  if (const uint32_t of = request.value("network", 0U); of != 0) {
    spec.place.network = record->second.take_network(of);
    failed = {"network", "it is not kept"};
    if (!spec.place.network) return false;
  }
  const auto slot = record->second.take_slot();
  failed = {"domain", "no ids are left in it"};
  if (!slot) return false;
  spec.runtime = home->second.runtime();
  spec.layers = home->second.layers();
  spec.place.domain = &home->second;
  spec.place.slot = *slot;
  spec.fail_at = failure_in_nested(shared_.fail_at);
  return true;
}

void Service::give_back_place(uint32_t id, const Held& held) {
  members_.erase(id);
  domains_.erase(id);
  if (const auto home = domains_.find(held.domain); home != domains_.end()) home->second.give_back_slot(held.slot);
  if (held.first_host_id != 0) ids_.give_back(held.first_host_id);
}

void Service::fork_nested(const Json& id, const Sandbox& sandbox, const ForkEnds& ends) {
  const auto domain = domains_.find(sandbox.domain());
  if (domain == domains_.end() || !domain->second.has_template()) {
    return link_.refuse(id, {"fork", "the template is gone"});
  }
  if (forking_.contains(sandbox.id()) || members_.contains(sandbox.id())) {
    return link_.refuse(id, {"fork", "a template's sandbox takes one fork"});
  }
  auto spaces = open_namespaces(sandbox.init_pid());
  if (!spaces) return link_.refuse(id, {"fork", spaces.failure().text()});
  jail::ForkRequest request{
      jail::ForkKind::kNested, sandbox.id(), sandbox.function_uid(), static_cast<uint32_t>(sandbox.open_files()), {}};
  failure_in_nested(shared_.fail_at).copy(request.fail_at, sizeof request.fail_at);
  std::vector<int> fds{ends.channel, ends.gate, sandbox.cgroup().memory_gauge()};
  for (const sys::Fd& space : *spaces) fds.push_back(space.get());
  for (const int door : sandbox.cgroup().doors()) fds.push_back(door);
  if (const auto asked = domain->second.request_fork(request, fds); !asked) {
    link_.refuse(id, {"fork", asked.failure().text()});
    return lose_template(sandbox.domain(), "it does not take requests");
  }
  forking_[sandbox.id()] = {id, now_ms()};
}

// Before the sandbox ends, which is what its namespace would end with.
void Service::keep_network(const Sandbox& sandbox) {
  const auto home = domains_.find(sandbox.domain());
  if (home == domains_.end()) return;
  if (auto space = sys::open_path("/proc/" + std::to_string(sandbox.init_pid()) + "/ns/net", O_RDONLY))
    home->second.keep_network(sandbox.id(), std::move(*space));
}

void Service::forget_network(const Json& request) {
  const auto home = domains_.find(request.at("domain").get<uint32_t>());
  if (home != domains_.end()) (void)home->second.take_network(request.at("sandbox").get<uint32_t>());
  link_.answer(request.at("id"));
}

void Service::retire(const Json& request) {
  const uint32_t id = request.at("sandbox").get<uint32_t>();
  if (!domains_.contains(id) || !sandboxes_.contains(id) || retiring_.contains(id)) {
    return link_.refuse(request.at("id"), {"retire", "no such template"});
  }
  lose_template(id, "it was retired");
  retiring_[id] = request.at("id");
}

void Service::finish_retiring() {
  for (const auto& [id, request] : retiring_) {
    if (sandboxes_.contains(id) && domains_.at(id).empty()) start_ending(id, nullptr);
  }
}

void Service::take_watched() {
  epoll_event events[kWatchedAtOnce];
  const int count = ::epoll_wait(watch_.get(), events, kWatchedAtOnce, 0);
  for (int at = 0; at < count; ++at) {
    const uint64_t mark = events[at].data.u64;
    const auto id = static_cast<uint32_t>(mark);
    if ((mark & kMemberMark) != 0) {
      take_member_end(id);
    } else {
      take_words(id);
    }
  }
}

void Service::take_words(uint32_t domain) {
  const auto found = domains_.find(domain);
  bool gone = false;
  for (int words = 0; words < kWordsAtOnce && found != domains_.end() && found->second.has_template(); ++words) {
    const auto word = found->second.next_word(gone);
    if (!word) break;
    take_word(domain, *word);
  }
  if (gone) lose_template(domain, "it ended");
}

void Service::take_word(uint32_t domain, const TemplateWord& word) {
  if (word.event.kind == jail::ZygoteEventKind::kFrozen) {
    return link_.tell({{"event", "frozen"}, {"sandbox", domain}, {"reasons", word.event.text}});
  }
  const auto sandbox = sandboxes_.find(word.event.sandbox);
  if (sandbox == sandboxes_.end() || sandbox->second.domain() != domain) return;
  const auto asked = forking_.find(sandbox->first);
  const bool waits = asked != forking_.end();
  switch (word.event.kind) {
    case jail::ZygoteEventKind::kReady:
    case jail::ZygoteEventKind::kFrozen:
      return;
    case jail::ZygoteEventKind::kForked:
      if (waits) take_forked(sandbox->second, word.sender);
      return;
    case jail::ZygoteEventKind::kExited:
      if (!waits) return tell_exit(sandbox->first, word.event.status);
      link_.refuse(asked->second.id, {"fork", "the process ended at once"});
      forking_.erase(asked);
      return;
    case jail::ZygoteEventKind::kFailed:
      if (!waits) {
        return link_.tell({{"event", "enter-failed"}, {"sandbox", sandbox->first}, {"error", word.event.text}});
      }
      link_.refuse(asked->second.id, {"fork", word.event.text});
      forking_.erase(asked);
      return;
  }
}

void Service::take_forked(const Sandbox& sandbox, pid_t sender) {
  auto process = open_member(sender, sandbox.init_pid());
  // It has ended already: the word that says why comes next, or the template is lost for its silence.
  if (!process && process.failure().error != EXDEV) return;
  const auto asked = forking_.extract(sandbox.id());
  if (!process) return link_.refuse(asked.mapped().id, {"fork", process.failure().text()});
  watch(watch_, process->get(), EPOLLONESHOT, kMemberMark | sandbox.id());
  members_.insert_or_assign(sandbox.id(), Member{sender, std::move(*process)});
  link_.answer(asked.mapped().id, {{"pid", sender}});
}

// The kernel's word on how it ended, where it gives it; else the template's, while there is one.
void Service::take_member_end(uint32_t sandbox) {
  const auto member = members_.find(sandbox);
  if (member == members_.end()) return;
  member->second.ended = true;
  if (const auto status = sys::exit_status(member->second.process)) return tell_exit(sandbox, *status);
  const auto home = sandboxes_.find(sandbox);
  if (home == sandboxes_.end() || !domains_.at(home->second.domain()).has_template()) tell_exit(sandbox, SIGKILL);
}

void Service::tell_exit(uint32_t sandbox, int status) {
  const auto member = members_.find(sandbox);
  if (member == members_.end() || member->second.told) return;
  member->second.told = true;
  link_.tell({{"event", "exit"}, {"sandbox", sandbox}, {"pid", member->second.pid}, {"status", status_json(status)}});
}

void Service::lose_template(uint32_t domain, const char* reason) {
  const auto found = domains_.find(domain);
  if (found == domains_.end() || !found->second.has_template()) return;
  found->second.end_template();
  for (const auto& [id, sandbox] : sandboxes_) {
    if (sandbox.domain() != domain) continue;
    if (const auto asked = forking_.extract(id)) link_.refuse(asked.mapped().id, {"fork", "the template is gone"});
    if (const auto member = members_.find(id); member != members_.end() && member->second.ended) {
      tell_exit(id, SIGKILL);
    }
  }
  link_.tell({{"event", "template-exit"}, {"sandbox", domain}, {"reason", reason}});
}

// One that took a request and never answered it.
void Service::lose_silent_templates() {
  const int64_t now = now_ms();
  std::vector<uint32_t> silent;
  for (const auto& [id, asked] : forking_) {
    const auto sandbox = sandboxes_.find(id);
    const bool late = now - asked.since_ms > kForkTimeoutMs;
    if (late && sandbox != sandboxes_.end() && sandbox->second.domain() != 0)
      silent.push_back(sandbox->second.domain());
  }
  for (const uint32_t domain : silent) lose_template(domain, "it does not answer");
}

}  // namespace launcher
