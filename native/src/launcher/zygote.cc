#include "launcher/zygote.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "launcher/stage.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "sys/socket.h"

namespace launcher {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

constexpr int kExecFailed = 72;

// What the process that becomes a zygote needs. Descriptors 3, 4 and 5 are those that packages/runtime/src/zygote.ts
// expects.
struct Cradle {
  std::string base;
  int socket;
  Zygote::Programs programs;
};

// io_uring rings do not survive a fork: libuv must find none.
Done filter(Cradle& cradle) {
  if (cradle.programs.zygote.empty()) return done();
  return sys::install_seccomp(cradle.programs.zygote);
}

// The one file of /sys that Node reads before it moves its code to huge pages. @source node_large_page.cc
Done show_huge_pages(const std::string& sys_dir) {
  const std::string said = TRY(sys::read_path(kHugePages));
  TRY(sys::mount("tmpfs", sys_dir, MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=64k"));
  std::string directory = sys_dir;
  for (const char* part : {"/kernel", "/mm", "/transparent_hugepage"}) {
    directory += part;
    TRY(sys::make_dir(directory, 0755));
  }
  return sys::write_path(directory + "/enabled", said);
}

Done root(Cradle& cradle) {
  TRY(sys::make_private("/"));
  TRY(sys::bind(cradle.base, "/rootfs"));
  TRY(sys::remount("/rootfs", MS_RDONLY | MS_NOSUID | MS_NODEV));
  TRY(sys::bind("/dev", "/rootfs/dev"));
  TRY(sys::mount("proc", "/rootfs/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC));
  TRY(show_huge_pages("/rootfs/sys"));
  return sys::pivot_root("/rootfs");
}

Done descriptors(Cradle& cradle) {
  const int socket = ::fcntl(cradle.socket, F_DUPFD, 10);
  const int instance = ::fcntl(cradle.programs.instance, F_DUPFD, 10);
  const int templ = ::fcntl(cradle.programs.templ, F_DUPFD, 10);
  if (socket < 0 || instance < 0 || templ < 0) return sys::failure("fcntl F_DUPFD");
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(2, 1) < 0) return sys::failure("dup2");
  if (::dup2(socket, 3) < 0 || ::dup2(instance, 4) < 0 || ::dup2(templ, 5) < 0) return sys::failure("dup2");
  if (::close_range(6, ~0U, 0) < 0) return sys::failure("close_range");
  cradle.socket = 3;
  return done();
}

Done signals(Cradle&) {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::setsid() < 0) return sys::failure("setsid");
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return sys::failure("prctl PR_SET_PDEATHSIG");
  return done();
}

// The self-test serves and fetches.
Done loopback(Cradle&) { return sys::loopback_up(); }

constexpr jail::Step<Cradle> kPlan[] = {{"root", root},
                                        {"loopback", loopback},
                                        {"descriptors", descriptors},
                                        {"signals", signals},
                                        {"zygote-filter", filter}};

// V8 on one thread. Its heap limit is that of the largest function, so that the kernel's limit is the one that counts.
// V8 does not see that limit: with its default of 16 MiB the young generation alone grew to 90 MiB, and hello ran out
// of 128 MiB after 16,000 requests.
// The memory reducer's timer is due in every child, which then marks the whole heap in its first request: a third of
// what a start took. Flushed bytecode is compiled anew by each child. Code on huge pages is anonymous memory, whose
// page tables a fork copies: 150 page faults fewer in each child, at 50 MB a zygote.
constexpr std::array kArguments = {"node",
                                   "--use-largepages=silent",
                                   "--single-threaded",
                                   "--disable-sigusr1",
                                   "--v8-pool-size=1",
                                   "--max-old-space-size=4096",
                                   "--max-semi-space-size=4",
                                   "--no-memory-reducer",
                                   "--no-flush-bytecode",
                                   "--no-warnings",
                                   "/usr/lib/fn/zygote.cjs"};

// The launcher may be gone; the line on stderr stays.
void tell_failure(const Cradle& cradle, const jail::StepFailure& failed) {
  jail::ZygoteEvent event{jail::ZygoteEventKind::kFailed, 0, 0, 0, {}};
  (failed.step + ": " + failed.text).copy(event.text, sizeof event.text - 1);
  (void)sys::send_message(cradle.socket, {reinterpret_cast<const char*>(&event), sizeof event}, {});
  ::dprintf(2, "zygote: %s\n", event.text);
}

[[noreturn]] void become_zygote(Cradle& cradle, const std::string& fail_at) {
  jail::StepFailure failed;
  if (jail::run_plan<Cradle>(kPlan, cradle, fail_at, failed)) {
    std::vector<char*> argv;
    for (const char* argument : kArguments) argv.push_back(const_cast<char*>(argument));
    argv.push_back(nullptr);
    char preload[] = "LD_PRELOAD=/usr/lib/fn/libforkable.so";
    char path[] = "PATH=/usr/bin";
    char* const envp[] = {preload, path, nullptr};
    ::execve("/usr/bin/node", argv.data(), envp);
    failed = {"exec", sys::failure("execve", "/usr/bin/node").text()};
  }
  tell_failure(cradle, failed);
  ::_exit(kExecFailed);
}

}  // namespace

std::optional<Zygote> Zygote::start(const std::string& runtime, const Programs& programs, const std::string& fail_at,
                                    jail::StepFailure& failed) {
  auto sockets = sys::socket_pair(SOCK_SEQPACKET);
  if (!sockets) {
    failed = {"socket", sockets.failure().text()};
    return std::nullopt;
  }
  auto child = sys::clone_process(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
  if (!child) {
    failed = {"namespaces", child.failure().text()};
    return std::nullopt;
  }
  if (child->pid == 0) {
    Cradle cradle{"/base/" + runtime, sockets->second.get(), programs};
    become_zygote(cradle, fail_at);
  }
  Zygote zygote;
  zygote.runtime_ = runtime;
  zygote.pid_ = child->pid;
  zygote.pidfd_ = std::move(child->pidfd);
  zygote.socket_ = std::move(sockets->first);
  return zygote;
}

Done Zygote::request_fork(const jail::ForkRequest& request, const std::vector<int>& fds) {
  return sys::send_message(socket_.get(), {reinterpret_cast<const char*>(&request), sizeof request}, fds);
}

std::optional<jail::ZygoteEvent> Zygote::next_event(bool& gone) {
  jail::ZygoteEvent event{};
  const ssize_t got = sys::retrying([&] { return ::recv(socket_.get(), &event, sizeof event, MSG_DONTWAIT); });
  gone = got == 0 || (got < 0 && errno != EAGAIN);
  if (got != static_cast<ssize_t>(sizeof event)) return std::nullopt;
  event.text[sizeof event.text - 1] = '\0';
  return event;
}

void Zygote::note_failure(const std::string& text) {
  const size_t colon = text.find(": ");
  if (colon != std::string::npos) end_ = {text.substr(0, colon), text.substr(colon + 2)};
}

void Zygote::kill() const { (void)sys::send_signal(pidfd_, SIGKILL); }

}  // namespace launcher
