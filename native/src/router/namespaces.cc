#include "router/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>

#include "sys/file.h"

namespace router {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

sys::Result<Fd> memory_file(const std::string& content) {
  Fd file(::memfd_create("router", MFD_CLOEXEC));
  if (!file) return sys::failure("memfd_create");
  TRY(sys::write_all(file.get(), content));
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return sys::failure("lseek");
  return file;
}

std::string content(const Fd& file) {
  std::string text;
  char buffer[4096];
  (void)::lseek(file.get(), 0, SEEK_SET);
  for (ssize_t got; (got = ::read(file.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  return text;
}

bool same(const Fd& a, const Fd& b) {
  struct stat left {
  }, right{};
  return ::fstat(a.get(), &left) == 0 && ::fstat(b.get(), &right) == 0 && left.st_ino == right.st_ino &&
         left.st_dev == right.st_dev;
}

}  // namespace

sys::Result<Namespaces> Namespaces::open() {
  Namespaces opened;
  opened.host_ = TRY(sys::open_path("/proc/thread-self/ns/net", O_RDONLY));
  if (::unshare(CLONE_NEWNET) < 0) return sys::failure("unshare", "network");
  opened.own_ = TRY(sys::open_path("/proc/thread-self/ns/net", O_RDONLY));
  return opened;
}

Done Namespaces::inside(const Fd& other, const std::function<Done()>& work) const {
  if (::setns(other.get(), CLONE_NEWNET) < 0) return sys::failure("setns", "network");
  Done worked = work();
  if (::setns(own_.get(), CLONE_NEWNET) < 0) ::abort();
  return worked;
}

sys::Result<Fd> Namespaces::of_process(int pid) const {
  Fd found = TRY(sys::open_path("/proc/" + std::to_string(pid) + "/ns/net", O_RDONLY));
  if (same(found, host_) || same(found, own_)) {
    errno = ESRCH;
    return sys::failure("open", "a sandbox's network");
  }
  return found;
}

sys::Result<std::string> set_sysctl(const std::string& key, const std::string& value) {
  const std::string path = "/proc/sys/" + key;
  const std::string before = TRY(sys::read_path(path));
  const Fd file = TRY(sys::open_path(path, O_WRONLY));
  TRY(sys::write_all(file.get(), value));
  return before.substr(0, before.find('\n'));
}

sys::Result<Ran> run_program(const Fd& netns, const std::vector<std::string>& argv, const std::string& input) {
  const Fd in = TRY(memory_file(input));
  const Fd out = TRY(memory_file(""));
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return sys::failure("fork");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    if (::setns(netns.get(), CLONE_NEWNET) < 0 || ::dup2(in.get(), 0) < 0 || ::dup2(out.get(), 1) < 0 ||
        ::dup2(out.get(), 2) < 0) {
      ::_exit(126);
    }
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  int status = 0;
  if (sys::retrying([&] { return ::waitpid(pid, &status, 0); }) < 0) return sys::failure("waitpid");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return Ran{false, argv[0] + " is not installed"};
  return Ran{WIFEXITED(status) && WEXITSTATUS(status) == 0, content(out)};
}

}  // namespace router
