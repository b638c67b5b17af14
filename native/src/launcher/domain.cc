#include "launcher/domain.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sys/file.h"
#include "sys/process.h"
#include "sys/socket.h"

namespace launcher {
namespace {

using sys::Fd;

// More than the worker ever wants kept.
constexpr size_t kMostNetworks = 64;

std::string namespace_path(pid_t pid, const char* name) { return "/proc/" + std::to_string(pid) + "/ns/" + name; }

}  // namespace

void Domain::keep_network(uint32_t sandbox, Fd space) {
  if (has_template() && networks_.size() < kMostNetworks) networks_.insert_or_assign(sandbox, std::move(space));
}

Fd Domain::take_network(uint32_t sandbox) {
  auto kept = networks_.extract(sandbox);
  return kept ? std::move(kept.mapped()) : Fd();
}

void Domain::end_template() {
  networks_.clear();
  if (process_) (void)sys::send_signal(process_, SIGKILL);
  process_.reset();
  socket_.reset();
}

sys::Done Domain::request_fork(const jail::ForkRequest& request, const std::vector<int>& fds) const {
  return sys::try_send_message(socket_.get(), {reinterpret_cast<const char*>(&request), sizeof request}, fds);
}

std::optional<TemplateWord> Domain::next_word(bool& gone) const {
  TemplateWord word;
  auto got = sys::receive_from(socket_.get(), {reinterpret_cast<char*>(&word.event), sizeof word.event}, word.sender);
  gone = got ? *got == 0 : got.failure().error != EAGAIN;
  if (!got || *got != sizeof word.event) return std::nullopt;
  word.event.text[sizeof word.event.text - 1] = '\0';
  return word;
}

sys::Result<std::pair<Fd, Fd>> template_sockets() {
  auto ends = TRY(sys::socket_pair(SOCK_SEQPACKET));
  const int yes = 1;
  if (::setsockopt(ends.first.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) < 0) {
    return sys::failure("setsockopt", "SO_PASSCRED");
  }
  TRY(sys::refuse_descriptors(ends.first));
  return ends;
}

sys::Result<Fd> open_member(pid_t pid, pid_t init_pid) {
  Fd process = TRY(sys::open_process(pid));
  struct stat own {};
  struct stat wanted {};
  if (::stat(namespace_path(pid, "pid").c_str(), &own) < 0) return sys::failure("stat", "pid namespace");
  if (::stat(namespace_path(init_pid, "pid").c_str(), &wanted) < 0)
    return sys::failure("stat", "pid namespace of init");
  if (own.st_ino != wanted.st_ino || own.st_dev != wanted.st_dev) {
    errno = EXDEV;
    return sys::failure("process of another sandbox");
  }
  return process;
}

sys::Result<std::vector<Fd>> open_namespaces(pid_t init_pid) {
  std::vector<Fd> fds;
  for (const char* name : jail::kNestedNamespaces) {
    fds.push_back(TRY(sys::open_path(namespace_path(init_pid, name), O_RDONLY)));
  }
  return fds;
}

}  // namespace launcher
