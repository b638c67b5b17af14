// pid 1 of a sandbox: holds its namespaces open, reaps what is orphaned, and ends when the launcher does. When it ends,
// the kernel kills everything else in the pid namespace.
//
// Inherits one descriptor, 3: the read end of a pipe whose write end only the launcher has.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int kLifeline = 3;
constexpr int kReapEveryMs = 60'000;  // a SIGCHLD between the reaping and the poll is picked up then at the latest

void ignore(int) {}

void reap() {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

}  // namespace

int main() {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NAME, "init", 0, 0, 0);
  struct sigaction action {};
  action.sa_handler = ignore;
  sigaction(SIGCHLD, &action, nullptr);
  sigset_t all;
  sigemptyset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  pollfd lifeline{kLifeline, POLLIN, 0};
  for (;;) {
    const int ready = poll(&lifeline, 1, kReapEveryMs);
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return 1;
    reap();
  }
}
