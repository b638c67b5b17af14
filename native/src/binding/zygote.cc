#include "binding/zygote.h"

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

// Rung by SIGCHLD. A signalfd would miss some: Node's other threads do not block the signal, and the kernel may hand it
// to them.
int bell = -1;

void ring(int) {
  const int error = errno;
  const uint64_t one = 1;
  (void)!write(bell, &one, sizeof one);
  errno = error;
}

sys::Done join_pids(jail::Entry& entry) { return sys::set_namespaces(entry.init, CLONE_NEWPID); }

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

sys::Done Zygote::prepare() {
  own_pids_ = TRY(sys::open_path("/proc/self/ns/pid", O_RDONLY));
  bell_ = sys::Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell_) return sys::failure("eventfd");
  bell = bell_.get();
  struct sigaction action {};
  action.sa_handler = ring;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  if (sigaction(SIGCHLD, &action, nullptr) < 0) return sys::failure("sigaction", "SIGCHLD");
  inherited_ = TRY(jail::Inherited::list({control_, bell_.get(), own_pids_.get()}));
  return sys::done();
}

int Zygote::serve(uint32_t& sandbox) {
  for (;;) {
    pollfd wanted[2] = {{control_, POLLIN, 0}, {bell_.get(), POLLIN, 0}};
    if (poll(wanted, 2, kReapEveryMs) < 0 && errno != EINTR) _exit(kEnterFailed);
    reap();
    if (wanted[0].revents == 0) continue;
    if (const int channel = take_request(sandbox); channel >= 0) return channel;
  }
}

void Zygote::reap() {
  uint64_t rung = 0;
  (void)!read(bell_.get(), &rung, sizeof rung);
  int status = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = children_.find(pid);
    send_event(control_, jail::ZygoteEventKind::kExited, found == children_.end() ? 0 : found->second, pid, status, "");
    children_.erase(pid);
  }
}

int Zygote::take_request(uint32_t& sandbox) {
  jail::ForkRequest request{};
  auto received = sys::receive_message(control_, {reinterpret_cast<char*>(&request), sizeof request});
  if (!received || received->bytes == 0) _exit(kLauncherGone);
  if (received->bytes != sizeof request || received->fds.size() < 3) return -1;
  sandbox = request.sandbox;
  fail_at_.assign(request.fail_at, strnlen(request.fail_at, sizeof request.fail_at));
  sys::Fd channel = std::move(received->fds[0]);
  jail::Entry entry{std::move(received->fds[1]), std::move(received->fds[2]), {}, seccomp_, &inherited_};
  for (size_t at = 3; at < received->fds.size(); ++at) entry.cgroup_doors.push_back(std::move(received->fds[at]));
  return fork_into(sandbox, std::move(channel), entry);
}

int Zygote::fork_into(uint32_t sandbox, sys::Fd channel, jail::Entry& entry) {
  jail::StepFailure failed;
  if (!jail::run_plan<jail::Entry>(kBeforeFork, entry, fail_at_, failed)) {
    send_event(control_, jail::ZygoteEventKind::kFailed, sandbox, 0, 0, failed.step + ": " + failed.text);
    return -1;
  }
  const pid_t pid = fork();
  if (pid == 0) return enter(sandbox, std::move(channel), entry);
  const int error = errno;
  (void)sys::set_namespaces(own_pids_, CLONE_NEWPID);
  if (pid < 0) {
    send_event(control_, jail::ZygoteEventKind::kFailed, sandbox, 0, 0, std::string("fork: ") + strerror(error));
  } else {
    children_[pid] = sandbox;
    send_event(control_, jail::ZygoteEventKind::kForked, sandbox, pid, 0, "");
  }
  return -1;
}

int Zygote::enter(uint32_t sandbox, sys::Fd channel, jail::Entry& entry) {
  jail::StepFailure failed;
  bool entered = jail::run_plan(jail::enter_plan(), entry, fail_at_, failed) &&
                 jail::run_plan<jail::Entry>(kRepair, entry, fail_at_, failed);
  signal(SIGCHLD, SIG_DFL);
  bell_.reset();
  own_pids_.reset();
  entered = entered && jail::run_plan(jail::seal_plan(), entry, fail_at_, failed);
  if (!entered) {
    send_event(control_, jail::ZygoteEventKind::kFailed, sandbox, getpid(), 0, failed.step + ": " + failed.text);
    _exit(kEnterFailed);
  }
  close(control_);
  entry.init.reset();
  entry.gate.reset();
  entry.cgroup_doors.clear();
  return channel.release();
}

}  // namespace binding
