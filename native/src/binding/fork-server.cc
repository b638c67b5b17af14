#include "binding/fork-server.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "binding/become-child.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/socket.h"

namespace binding {
namespace {

constexpr int kLauncherGone = 0;
constexpr int kReapEveryMs = 1000;
constexpr int kInside = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
// As jail::kNestedNamespaces.
constexpr int kNestedKinds[] = {CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWNS};

// Rung by SIGCHLD. A signalfd would miss some: Node's other threads do not block the signal, and the kernel may hand it
// to them.
int bell = -1;

void ring(int) {
  const int error = errno;
  const uint64_t one = 1;
  (void)!write(bell, &one, sizeof one);
  errno = error;
}

sys::Done join_pids(jail::Entry& entry) { return sys::set_namespaces(entry.namespaces[0].fd, CLONE_NEWPID); }

sys::Done repair(jail::Entry&) {
  if (become_child()) return sys::done();
  errno = EIO;
  return sys::failure("uv_loop_fork or RAND_poll");
}

constexpr jail::Step<jail::Entry> kBeforeFork[] = {{"pid-namespace", join_pids}};
constexpr jail::Step<jail::Entry> kRepair[] = {{"repair", repair}};

}  // namespace

void send_event(int control, jail::ZygoteEventKind kind, uint32_t sandbox, int pid, int status,
                const std::string& text) {
  jail::ZygoteEvent event{kind, sandbox, pid, status, {}};
  text.copy(event.text, sizeof event.text - 1);
  // A launcher that is gone shows as end of file at the next read.
  (void)sys::send_message(control, {reinterpret_cast<const char*>(&event), sizeof event}, {});
}

sys::Done ForkServer::prepare() {
  if (role_ == Role::kTemplate) TRY(sys::raise_capabilities());
  own_pids_ = TRY(sys::open_path("/proc/self/ns/pid", O_RDONLY));
  bell_ = sys::Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell_) return sys::failure("eventfd");
  bell = bell_.get();
  struct sigaction action {};
  action.sa_handler = ring;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  if (sigaction(SIGCHLD, &action, &before_) < 0) return sys::failure("sigaction", "SIGCHLD");
  inherited_ = TRY(jail::Inherited::list({control_, bell_.get(), own_pids_.get()}));
  return sys::done();
}

Birth ForkServer::serve() {
  // A template has nothing to do between two requests; only children make it wake.
  const bool idle_sleeps = role_ == Role::kTemplate;
  for (;;) {
    pollfd wanted[2] = {{control_, POLLIN, 0}, {bell_.get(), POLLIN, 0}};
    const int patience = idle_sleeps && children_.empty() ? -1 : kReapEveryMs;
    if (poll(wanted, 2, patience) < 0 && errno != EINTR) _exit(kEnterFailed);
    reap();
    if (wanted[0].revents == 0) continue;
    Order order;
    if (take_order(order) && fork_into(order)) {
      return {order.channel.release(), order.control.release(), order.request.sandbox, std::move(order.memory_gauge)};
    }
  }
}

void ForkServer::reap() {
  uint64_t rung = 0;
  (void)!read(bell_.get(), &rung, sizeof rung);
  int status = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = children_.find(pid);
    send_event(control_, jail::ZygoteEventKind::kExited, found == children_.end() ? 0 : found->second, pid, status, "");
    children_.erase(pid);
  }
}

bool ForkServer::take_order(Order& order) {
  auto received = sys::receive_message(control_, {reinterpret_cast<char*>(&order.request), sizeof order.request});
  if (!received || received->bytes == 0) _exit(kLauncherGone);
  return received->bytes == sizeof order.request && read_order(received->fds, order);
}

// False for what is no order to this one: the launcher is of another build.
bool ForkServer::read_order(std::vector<sys::Fd>& fds, Order& order) {
  const jail::ForkKind kind = order.request.kind;
  const bool nested = kind == jail::ForkKind::kNested;
  const bool templ = kind == jail::ForkKind::kTemplate;
  const size_t own = 3 + (nested ? std::size(kNestedKinds) : templ ? 2 : 1);
  if (nested != (role_ == Role::kTemplate) || fds.size() < own) return false;
  auto next = fds.begin();
  order.channel = std::move(*next++);
  order.entry.gate = std::move(*next++);
  order.memory_gauge = std::move(*next++);
  if (nested) {
    for (const int kinds : kNestedKinds) order.entry.namespaces.push_back({std::move(*next++), kinds});
  } else {
    sys::Fd init = std::move(*next++);
    order.entry.namespaces.push_back({sys::Fd(fcntl(init.get(), F_DUPFD_CLOEXEC, 0)), CLONE_NEWPID});
    order.entry.namespaces.push_back({std::move(init), kInside});
  }
  if (templ) order.control = std::move(*next++);
  order.entry.cgroup_doors.assign(std::make_move_iterator(next), std::make_move_iterator(fds.end()));
  fail_at_.assign(order.request.fail_at, strnlen(order.request.fail_at, sizeof order.request.fail_at));
  order.entry.seccomp = templ ? filters_.templ : filters_.instance;
  order.entry.inherited = &inherited_;
  order.entry.uid = order.request.uid;
  order.entry.open_files = order.request.open_files;
  order.entry.forks = templ;
  return true;
}

bool ForkServer::fork_into(Order& order) {
  const uint32_t sandbox = order.request.sandbox;
  jail::StepFailure failed;
  if (!jail::run_plan<jail::Entry>(kBeforeFork, order.entry, fail_at_, failed)) {
    send_event(control_, jail::ZygoteEventKind::kFailed, sandbox, 0, 0, failed.step + ": " + failed.text);
    return false;
  }
  const pid_t pid = fork();
  if (pid == 0) {
    // From the child, so that the kernel tells the launcher which process that is: a template is not believed.
    if (role_ == Role::kTemplate) send_event(control_, jail::ZygoteEventKind::kForked, sandbox, 0, 0, "");
    enter(order);
    return true;
  }
  const int error = errno;
  (void)sys::set_namespaces(own_pids_, CLONE_NEWPID);
  if (pid < 0) {
    send_event(control_, jail::ZygoteEventKind::kFailed, sandbox, 0, 0, std::string("fork: ") + strerror(error));
    return false;
  }
  children_[pid] = sandbox;
  if (role_ == Role::kZygote) send_event(control_, jail::ZygoteEventKind::kForked, sandbox, pid, 0, "");
  return false;
}

// Returns sealed, or not at all.
void ForkServer::enter(Order& order) {
  jail::StepFailure failed;
  bool entered = jail::run_plan(jail::enter_plan(), order.entry, fail_at_, failed) &&
                 jail::run_plan<jail::Entry>(kRepair, order.entry, fail_at_, failed);
  sigaction(SIGCHLD, &before_, nullptr);
  bell_.reset();
  own_pids_.reset();
  entered = entered && jail::run_plan(jail::seal_plan(), order.entry, fail_at_, failed);
  if (!entered) {
    send_event(control_, jail::ZygoteEventKind::kFailed, order.request.sandbox, getpid(), 0,
               failed.step + ": " + failed.text);
    _exit(kEnterFailed);
  }
  close(control_);
  order.entry.namespaces.clear();
  order.entry.gate.reset();
  order.entry.cgroup_doors.clear();
}

}  // namespace binding
