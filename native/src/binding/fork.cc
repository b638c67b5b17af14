// The fork point: loaded by a zygote, and by nothing else.
//
//   calmPlatform()                 first of all; see calm-platform.h
//   serve(controlFd, seccompProgram) → blocks; returns only in a forked child, with { channel, sandbox }
//   forkCheck() → { pid, fd }: a plain fork for the self-test; pid is 0 in the child
//   collect(pid, fd, timeoutMs) → what the check child wrote, or null when it hung or crashed
//   ready(controlFd, selfTestJson)
//   pid() → getpid(2)
//   socketPair() → [fd, fd]        SOCK_STREAM, close-on-exec
//   exit(code) → never returns: _exit(2)
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <string>

#include "binding/calm-platform.h"
#include "jail/enter.h"
#include "jail/zygote-protocol.h"
#include "napi.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/socket.h"

namespace {

constexpr int kEnterFailed = 71;
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

Napi::Error napi_error(Napi::Env env, const sys::Failure& failed) { return Napi::Error::New(env, failed.text()); }

void send_event(int control, jail::ZygoteEventKind kind, uint32_t sandbox, int pid, int status,
                const std::string& text) {
  jail::ZygoteEvent event{kind, sandbox, pid, status, {}};
  text.copy(event.text, sizeof event.text - 1);
  // A launcher that is gone shows as end of file at the next read.
  (void)sys::send_message(control, {reinterpret_cast<const char*>(&event), sizeof event}, {});
}

// libuv's loop must forget its parent's epoll set. Source: uv_loop_fork, docs.libuv.org/en/v1.x/loop.html
bool repair_loop() {
  using DefaultLoop = void* (*)();
  using LoopFork = int (*)(void*);
  const auto loop = reinterpret_cast<DefaultLoop>(dlsym(RTLD_DEFAULT, "uv_default_loop"));
  const auto fork_loop = reinterpret_cast<LoopFork>(dlsym(RTLD_DEFAULT, "uv_loop_fork"));
  return loop != nullptr && fork_loop != nullptr && fork_loop(loop()) == 0;
}

// OpenSSL notices a fork by getpid() alone, and pids repeat across pid namespaces.
bool reseed_openssl() {
  using RandPoll = int (*)();
  const auto poll_entropy = reinterpret_cast<RandPoll>(dlsym(RTLD_DEFAULT, "RAND_poll"));
  return poll_entropy != nullptr && poll_entropy() == 1;
}

bool become_child() { return repair_loop() && reseed_openssl(); }

class Zygote {
 public:
  Zygote(int control, std::span<const char> seccomp) : control_(control), seccomp_(seccomp) {}

  sys::Done prepare() {
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

  // Returns in a child alone, with the descriptor of its channel.
  int serve(uint32_t& sandbox) {
    for (;;) {
      pollfd wanted[2] = {{control_, POLLIN, 0}, {bell_.get(), POLLIN, 0}};
      if (poll(wanted, 2, kReapEveryMs) < 0 && errno != EINTR) _exit(kEnterFailed);
      reap();
      if (wanted[0].revents == 0) continue;
      if (const int channel = take_request(sandbox); channel >= 0) return channel;
    }
  }

 private:
  void reap() {
    uint64_t rung = 0;
    (void)!read(bell_.get(), &rung, sizeof rung);
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto found = children_.find(pid);
      send_event(control_, jail::ZygoteEventKind::kExited, found == children_.end() ? 0 : found->second, pid, status,
                 "");
      children_.erase(pid);
    }
  }

  int take_request(uint32_t& sandbox) {
    jail::ForkRequest request{};
    auto received = sys::receive_message(control_, {reinterpret_cast<char*>(&request), sizeof request});
    if (!received || received->bytes == 0) _exit(kLauncherGone);
    if (received->bytes != sizeof request || received->fds.size() < 2) return -1;
    sandbox = request.sandbox;
    sys::Fd channel = std::move(received->fds[0]);
    jail::Entry entry{std::move(received->fds[1]), {}, seccomp_, &inherited_};
    for (size_t at = 2; at < received->fds.size(); ++at) entry.cgroup_doors.push_back(std::move(received->fds[at]));
    return fork_into(sandbox, std::move(channel), entry);
  }

  int fork_into(uint32_t sandbox, sys::Fd channel, jail::Entry& entry) {
    if (const auto joined = sys::set_namespaces(entry.init, CLONE_NEWPID); !joined) {
      send_event(control_, jail::ZygoteEventKind::kFailed, sandbox, 0, 0, "pid-namespace: " + joined.failure().text());
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

  int enter(uint32_t sandbox, sys::Fd channel, jail::Entry& entry) {
    jail::StepFailure failed;
    bool entered = jail::run_plan(jail::enter_plan(), entry, "", failed);
    if (entered && !become_child()) {
      entered = false;
      failed = {"repair", "uv_loop_fork or RAND_poll"};
    }
    signal(SIGCHLD, SIG_DFL);
    bell_.reset();
    own_pids_.reset();
    entered = entered && jail::run_plan(jail::seal_plan(), entry, "", failed);
    if (!entered) {
      send_event(control_, jail::ZygoteEventKind::kFailed, sandbox, getpid(), 0, failed.step + ": " + failed.text);
      _exit(kEnterFailed);
    }
    close(control_);
    entry.init.reset();
    entry.cgroup_doors.clear();
    return channel.release();
  }

  int control_;
  std::span<const char> seccomp_;
  sys::Fd own_pids_;
  sys::Fd bell_;
  jail::Inherited inherited_;
  std::map<pid_t, uint32_t> children_;
};

Napi::Value serve(const Napi::CallbackInfo& info) {
  const auto program = info[1].As<Napi::Buffer<char>>();
  Zygote zygote(info[0].As<Napi::Number>().Int32Value(), {program.Data(), program.Length()});
  if (const auto prepared = zygote.prepare(); !prepared) throw napi_error(info.Env(), prepared.failure());
  uint32_t sandbox = 0;
  const int channel = zygote.serve(sandbox);
  auto child = Napi::Object::New(info.Env());
  child["channel"] = channel;
  child["sandbox"] = sandbox;
  return child;
}

Napi::Value fork_check(const Napi::CallbackInfo& info) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) throw napi_error(info.Env(), sys::failure("pipe2"));
  const pid_t pid = fork();
  if (pid < 0) throw napi_error(info.Env(), sys::failure("fork"));
  if (pid == 0 && !become_child()) _exit(kEnterFailed);
  close(ends[pid == 0 ? 0 : 1]);
  auto result = Napi::Object::New(info.Env());
  result["pid"] = pid;
  result["fd"] = ends[pid == 0 ? 1 : 0];
  return result;
}

Napi::Value collect(const Napi::CallbackInfo& info) {
  const pid_t pid = info[0].As<Napi::Number>().Int32Value();
  const sys::Fd fd(info[1].As<Napi::Number>().Int32Value());
  const int timeout_ms = info[2].As<Napi::Number>().Int32Value();
  std::string text;
  bool ended = false;
  for (;;) {
    pollfd readable{fd.get(), POLLIN, 0};
    if (sys::retrying([&] { return poll(&readable, 1, timeout_ms); }) <= 0) break;
    char buffer[4096];
    const ssize_t got = sys::retrying([&] { return read(fd.get(), buffer, sizeof buffer); });
    if (got <= 0) {
      ended = got == 0;
      break;
    }
    text.append(buffer, static_cast<size_t>(got));
  }
  if (!ended) kill(pid, SIGKILL);
  int status = 0;
  sys::retrying([&] { return waitpid(pid, &status, 0); });
  if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return info.Env().Null();
  return Napi::String::New(info.Env(), text);
}

Napi::Value ready(const Napi::CallbackInfo& info) {
  send_event(info[0].As<Napi::Number>().Int32Value(), jail::ZygoteEventKind::kReady, 0, getpid(), 0,
             info[1].As<Napi::String>().Utf8Value());
  return info.Env().Undefined();
}

Napi::Value own_pid(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), getpid()); }

Napi::Value socket_pair(const Napi::CallbackInfo& info) {
  auto ends = sys::socket_pair(SOCK_STREAM);
  if (!ends) throw napi_error(info.Env(), ends.failure());
  auto result = Napi::Array::New(info.Env(), 2);
  result[0U] = ends->first.release();
  result[1U] = ends->second.release();
  return result;
}

// Node's own exit joins threads that a forked child does not have.
Napi::Value exit_now(const Napi::CallbackInfo& info) { _exit(info[0].ToNumber().Int32Value()); }

Napi::Value calm_platform(const Napi::CallbackInfo& info) {
  if (const auto calm = binding::calm_platform(); !calm) throw napi_error(info.Env(), calm.failure());
  return info.Env().Undefined();
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports["calmPlatform"] = Napi::Function::New(env, calm_platform);
  exports["serve"] = Napi::Function::New(env, serve);
  exports["forkCheck"] = Napi::Function::New(env, fork_check);
  exports["collect"] = Napi::Function::New(env, collect);
  exports["pid"] = Napi::Function::New(env, own_pid);
  exports["socketPair"] = Napi::Function::New(env, socket_pair);
  exports["exit"] = Napi::Function::New(env, exit_now);
  exports["ready"] = Napi::Function::New(env, ready);
  return exports;
}

}  // namespace

NODE_API_MODULE(fork, initialise)
