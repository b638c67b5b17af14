#include "launcher/service.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/clock.h"
#include "launcher/wire-forms.h"
#include "sys/file.h"

namespace launcher {
namespace {

constexpr int kRetryMs = 2;
constexpr int kIdleMs = 1000;
constexpr int kShutDownRounds = 2500;  // of kRetryMs: five seconds

struct Gate {
  sys::Fd read;
  sys::Fd write;
};

// Without descriptors left both ends are empty, and the fork fails.
Gate make_gate() {
  int ends[2] = {-1, -1};
  (void)!::pipe2(ends, O_CLOEXEC);
  return {sys::Fd(ends[0]), sys::Fd(ends[1])};
}

}  // namespace

Service::Service(WorkerLink link, Shared shared, Programs programs, sys::Fd signals, HostIds ids)
    : link_(std::move(link)),
      shared_(std::move(shared)),
      programs_(std::move(programs)),
      signals_(std::move(signals)),
      ids_(std::move(ids)),
      watch_(::epoll_create1(EPOLL_CLOEXEC)) {}

void Service::run() {
  while (worker_here_) {
    if (poll_once(endings_.empty() ? kIdleMs : kRetryMs) < 0) break;
    while (auto request = link_.next_request()) handle(*request);
  }
  shut_down();
}

int Service::poll_once(int timeout_ms) {
  std::vector<pollfd> wanted{{link_.socket(), POLLIN, 0}, {signals_.get(), POLLIN, 0}, {watch_.get(), POLLIN, 0}};
  const size_t first_zygote = wanted.size();
  std::vector<std::string> runtimes;
  for (const auto& [runtime, zygote] : zygotes_) {
    wanted.push_back({zygote.socket(), POLLIN, 0});
    runtimes.push_back(runtime);
  }
  if (poll(wanted.data(), wanted.size(), timeout_ms) < 0 && errno != EINTR) return -1;
  if (wanted[0].revents != 0 && worker_here_) worker_here_ = link_.read();
  for (size_t at = 0; at < runtimes.size(); ++at) {
    const auto zygote = zygotes_.find(runtimes[at]);
    if (wanted[at + first_zygote].revents != 0 && zygote != zygotes_.end()) take_zygote_events(zygote->second);
  }
  if (wanted[2].revents != 0) take_watched();
  lose_silent_templates();
  reap();
  finish_endings();
  finish_retiring();
  return 0;
}

void Service::handle(const Json& request) {
  if (request.is_discarded() || !request.is_object()) return;
  const Json id = request.value("id", Json());
  try {
    const std::string op = request.at("op").get<std::string>();
    if (op == "zygote") return start_zygote(request);
    if (op == "create") return create(request);
    if (op == "fork") return fork(request);
    if (op == "assign") return assign(request);
    if (op == "usage") return usage(request);
    if (op == "destroy") return destroy(request);
    if (op == "retire") return retire(request);
    if (op == "forget-network") return forget_network(request);
    link_.refuse(id, {"request", "unknown operation " + op});
  } catch (const std::exception& error) {
    if (const Json fork_id = request.value("forkId", Json()); !fork_id.is_null()) {
      link_.refuse(fork_id, {"request", error.what()});
    }
    link_.refuse(id, {"request", error.what()});
  }
}

void Service::start_zygote(const Json& request) {
  const std::string runtime = request.at("runtime").get<std::string>();
  if (zygotes_.contains(runtime)) return link_.refuse(request.at("id"), {"zygote", "it runs already"});
  jail::StepFailure failed;
  auto zygote = Zygote::start(runtime, {programs_.zygote, programs_.instance.get(), programs_.templ.get()},
                              shared_.fail_at, failed);
  if (!zygote) return link_.refuse(request.at("id"), failed);
  zygotes_.emplace(runtime, std::move(*zygote));
  starting_[runtime] = request.at("id");
}

void Service::create(const Json& request) {
  // With "forkId" the fork is asked for while the sandbox is being built: the child waits at the gate.
  const Json fork_id = request.value("forkId", Json());
  const sys::Fd channel = fork_id.is_null() ? sys::Fd() : link_.take_fd();
  const std::vector<VolumeMount> volumes = volumes_of(request);
  const Gate gate = make_gate();
  sys::Fd control;
  jail::StepFailure failed;
  const auto spec = plan(request, control, failed);
  std::optional<Sandbox> sandbox;
  if (spec) {
    sandbox = Sandbox::create(shared_, *spec, failed, [&](const Sandbox& conceived) {
      if (!fork_id.is_null()) fork_into(fork_id, conceived, {channel.get(), gate.read.get(), control.get()});
    });
    if (!sandbox) {
      forking_.erase(spec->id);
      const Place& place = spec->place;
      give_back_place(spec->id, {place.first_host_id, place.domain == nullptr ? 0 : place.domain->id(), place.slot});
    }
  }
  if (!sandbox) {
    if (!fork_id.is_null()) link_.refuse(fork_id, failed);
    return link_.refuse(request.at("id"), failed);
  }
  const bool usable = sandbox->attach(shared_, volumes, failed);
  const pid_t pid = sandbox->init_pid();
  inits_[pid] = spec->id;
  sandboxes_.emplace(spec->id, std::move(*sandbox));
  if (!usable) return refuse_spoilt(spec->id, request, failed);
  (void)sys::write_all(gate.write.get(), "g");
  link_.answer(request.at("id"), {{"pid", pid}});
}

// The worker hears of the step that failed, as if the sandbox had never been.
void Service::refuse_spoilt(uint32_t sandbox, const Json& request, const jail::StepFailure& failed) {
  forking_.erase(sandbox);
  start_ending(sandbox, nullptr);
  if (const Json fork_id = request.value("forkId", Json()); !fork_id.is_null()) link_.refuse(fork_id, failed);
  link_.refuse(request.at("id"), failed);
}

void Service::fork(const Json& request) {
  const sys::Fd channel = link_.take_fd();
  const auto sandbox = sandboxes_.find(request.at("sandbox").get<uint32_t>());
  if (sandbox == sandboxes_.end()) return link_.refuse(request.at("id"), {"fork", "no such sandbox"});
  fork_into(request.at("id"), sandbox->second, {channel.get(), programs_.open_gate.get()});
}

// Refuses at once, or answers when the zygote or the template has forked.
void Service::fork_into(const Json& id, const Sandbox& sandbox, const ForkEnds& ends) {
  if (ends.channel < 0) return link_.refuse(id, {"fork", "no channel"});
  if (sandbox.domain() != 0) return fork_nested(id, sandbox, ends);
  const auto zygote = zygotes_.find(sandbox.runtime());
  if (zygote == zygotes_.end()) return link_.refuse(id, {"fork", "no zygote of this runtime"});
  const bool templ = ends.control >= 0;
  jail::ForkRequest request{templ ? jail::ForkKind::kTemplate : jail::ForkKind::kInstance,
                            sandbox.id(),
                            sandbox.function_uid(),
                            static_cast<uint32_t>(sandbox.open_files()),
                            {}};
  shared_.fail_at.copy(request.fail_at, sizeof request.fail_at);
  std::vector<int> fds{ends.channel, ends.gate, sandbox.cgroup().memory_gauge(), sandbox.init().get()};
  if (templ) fds.push_back(ends.control);
  for (const int door : sandbox.cgroup().doors()) fds.push_back(door);
  if (const auto asked = zygote->second.request_fork(request, fds); !asked) {
    return link_.refuse(id, {"fork", asked.failure().text()});
  }
  forking_[sandbox.id()] = {id, now_ms()};
}

void Service::assign(const Json& request) {
  const auto sandbox = sandboxes_.find(request.at("sandbox").get<uint32_t>());
  const Layers layers = layers_of(request);
  if (sandbox == sandboxes_.end()) return link_.refuse(request.at("id"), {"assign", "no such sandbox"});
  if (layers.function.empty()) return link_.refuse(request.at("id"), {"request", "no layer"});
  jail::StepFailure failed;
  const auto volumes = volumes_of(request);
  if (!sandbox->second.assign(shared_, layers, limits_of(request.at("limits")), failed) ||
      !sandbox->second.attach(shared_, volumes, failed)) {
    return link_.refuse(request.at("id"), failed);
  }
  link_.answer(request.at("id"));
}

void Service::usage(const Json& request) {
  const auto sandbox = sandboxes_.find(request.at("sandbox").get<uint32_t>());
  if (sandbox == sandboxes_.end()) return link_.refuse(request.at("id"), {"usage", "no such sandbox"});
  link_.answer(request.at("id"), usage_json(sandbox->second.cgroup().usage()));
}

void Service::destroy(const Json& request) {
  const uint32_t id = request.at("sandbox").get<uint32_t>();
  if (const auto sandbox = sandboxes_.find(id); sandbox != sandboxes_.end()) {
    if (request.value("keepNetwork", false)) keep_network(sandbox->second);
    return start_ending(id, request.at("id"));
  }
  const auto ending = endings_.find(id);
  if (ending == endings_.end() || !ending->second.request.is_null()) {
    return link_.refuse(request.at("id"), {"destroy", "no such sandbox"});
  }
  ending->second.request = request.at("id");
}

void Service::start_ending(uint32_t id, const Json& request) {
  const auto sandbox = sandboxes_.find(id);
  sandbox->second.kill();
  endings_.emplace(id, Ending{std::move(sandbox->second), request});
  sandboxes_.erase(sandbox);
}

void Service::take_zygote_events(Zygote& zygote) {
  bool gone = false;
  while (const auto event = zygote.next_event(gone)) take_event(zygote, *event);
  if (gone) lose_zygote(zygote.runtime());
}

void Service::take_event(Zygote& zygote, const jail::ZygoteEvent& event) {
  switch (event.kind) {
    case jail::ZygoteEventKind::kReady: {
      const auto asked = starting_.find(zygote.runtime());
      if (asked == starting_.end()) return;
      link_.answer(asked->second, {{"pid", zygote.pid()}, {"selfTest", Json::parse(event.text, nullptr, false)}});
      starting_.erase(asked);
      return;
    }
    case jail::ZygoteEventKind::kForked: {
      const auto asked = forking_.find(event.sandbox);
      if (asked == forking_.end()) return;
      if (const auto domain = domains_.find(event.sandbox); domain != domains_.end()) {
        if (auto process = open_member(event.pid, sandboxes_.at(event.sandbox).init_pid())) {
          domain->second.set_process(std::move(*process));
        }
      }
      link_.answer(asked->second.id, {{"pid", event.pid}});
      forking_.erase(asked);
      return;
    }
    case jail::ZygoteEventKind::kExited:
      return link_.tell(
          {{"event", "exit"}, {"sandbox", event.sandbox}, {"pid", event.pid}, {"status", status_json(event.status)}});
    case jail::ZygoteEventKind::kFailed: {
      if (starting_.contains(zygote.runtime())) return zygote.note_failure(event.text);
      const auto asked = forking_.find(event.sandbox);
      if (event.pid == 0 && asked != forking_.end()) {
        link_.refuse(asked->second.id, {"fork", event.text});
        forking_.erase(asked);
        return;
      }
      return link_.tell({{"event", "enter-failed"}, {"sandbox", event.sandbox}, {"error", event.text}});
    }
    case jail::ZygoteEventKind::kFrozen:
      return;
  }
}

// By value: the name that the caller has is the zygote's own, which ends here.
void Service::lose_zygote(std::string runtime) {
  const auto zygote = zygotes_.find(runtime);
  if (zygote == zygotes_.end()) return;
  zygote->second.kill();
  const jail::StepFailure end = zygote->second.end();
  for (auto asked = forking_.begin(); asked != forking_.end();) {
    const auto sandbox = sandboxes_.find(asked->first);
    if (sandbox != sandboxes_.end() && (sandbox->second.runtime() != runtime || sandbox->second.domain() != 0)) {
      ++asked;
      continue;
    }
    link_.refuse(asked->second.id, {"fork", "the zygote ended"});
    asked = forking_.erase(asked);
  }
  zygotes_.erase(zygote);
  // The worker hears of each end once: by the refusal or by the event.
  const auto asked = starting_.find(runtime);
  if (asked == starting_.end()) return link_.tell({{"event", "zygote-exit"}, {"runtime", runtime}});
  link_.refuse(asked->second, end);
  starting_.erase(asked);
}

void Service::reap() {
  signalfd_siginfo ignored;
  while (read(signals_.get(), &ignored, sizeof ignored) > 0) {
  }
  for (pid_t pid; (pid = waitpid(-1, nullptr, WNOHANG)) > 0;) {
    const auto init = inits_.find(pid);
    if (init == inits_.end()) continue;  // a zygote: its socket tells
    const uint32_t id = init->second;
    inits_.erase(init);
    if (const auto sandbox = sandboxes_.find(id); sandbox != sandboxes_.end()) {
      endings_.emplace(id, Ending{std::move(sandbox->second), nullptr});
      sandboxes_.erase(sandbox);
    }
    if (const auto ending = endings_.find(id); ending != endings_.end()) ending->second.reaped = true;
  }
}

// pid 1 is reaped after everything in its pid namespace; a group may stay busy a moment longer.
void Service::finish_endings() {
  for (auto at = endings_.begin(); at != endings_.end();) {
    Ending& ending = at->second;
    const auto domain = domains_.find(at->first);
    if (!ending.reaped || (domain != domains_.end() && !domain->second.empty())) {
      ++at;
      continue;
    }
    Json usage = usage_json(ending.sandbox.cgroup().usage());
    if (!ending.sandbox.remove_cgroup()) {
      ++at;
      continue;
    }
    if (const auto asked = retiring_.extract(at->first)) link_.answer(asked.mapped(), usage);
    if (!ending.request.is_null()) {
      const auto home = domains_.find(ending.sandbox.domain());
      usage["networkKept"] = home != domains_.end() && home->second.keeps_network(at->first);
      link_.answer(ending.request, usage);
    } else {
      Json event = usage;
      event.update({{"event", "sandbox-gone"}, {"sandbox", at->first}});
      link_.tell(event);
    }
    if (const auto asked = forking_.find(at->first); asked != forking_.end()) {
      link_.refuse(asked->second.id, {"fork", "the sandbox ended"});
      forking_.erase(asked);
    }
    const Sandbox& gone = ending.sandbox;
    give_back_place(at->first, {gone.first_host_id(), gone.domain(), gone.slot()});
    at = endings_.erase(at);
  }
}

void Service::shut_down() {
  for (auto& [id, sandbox] : sandboxes_) {
    sandbox.kill();
    endings_.emplace(id, Ending{std::move(sandbox), nullptr});
  }
  sandboxes_.clear();
  for (int round = 0; !endings_.empty() && round < kShutDownRounds; ++round) poll_once(kRetryMs);
  for (const auto& [runtime, zygote] : zygotes_) zygote.kill();
  shared_.cgroups->remove_all();
}

}  // namespace launcher
