// fn-jail: runs the bundler where it sees the developer's project and nothing else of the host.
//
// In order: namespaces, a root of read-only binds, a child that is pid 1, limits, privileges, a seccomp filter, exec.
// Each step is mandatory, and `--fail-at <its words>` makes it fail, for tests. The command gets an empty environment
// and the three standard descriptors. Ends with the command's exit code, or 128 + signal.

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "bundle-jail/filter.h"
#include "bundle-jail/plan.h"
#include "bundle-jail/privileges.h"
#include "bundle-jail/root.h"
#include "bundle-jail/step.h"

using namespace fn::bundle_jail;

namespace {

// The working directory's owner: files that are readable by their owner alone stay readable, without any capability.
Owner owner_of(const std::string& directory) {
  struct stat info = {};
  must(stat(directory.c_str(), &info), "look at", directory);
  return {info.st_uid, info.st_gid};
}

[[noreturn]] void run(const Plan& plan, const Owner* owner) {
  must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "tie the command to the jail");
  must(close_range(3, ~0U, 0), "close descriptors");
  limit_resources();
  drop_privileges(owner);
  // A change of uid clears the parent-death signal.
  must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "tie the command to the jail");
  must(chdir(plan.directory.c_str()), "enter", plan.directory);
  filter_calls();
  char* const environment[] = {nullptr};
  execve(plan.command[0], plan.command.data(), environment);
  const int error = errno;
  dprintf(STDERR_FILENO, "fn-jail: run %s: errno %d\n", plan.command[0], error);
  _exit(EXIT_EXEC);
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("wait for the command");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = parse_plan(argc, argv);
  fail_at(plan.fail_at);
  const bool privileged = is_privileged();
  const Owner owner = owner_of(plan.directory);
  enter_namespaces(privileged);
  enter_root(plan);
  const pid_t child = must(fork(), "start the command's process");
  if (child == 0) run(plan, privileged ? &owner : nullptr);
  return wait_for(child);
}
