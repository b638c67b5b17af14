#include "launcher/host-ids.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "sys/file.h"

namespace launcher {
namespace {

using sys::Fd;

bool is_number(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

// Of the four in "Uid:\t<real>\t<effective>\t<saved>\t<file system>".
std::optional<uid_t> real_uid(const std::string& pid) {
  auto status = sys::read_path("/proc/" + pid + "/status");
  if (!status) return std::nullopt;  // it has ended
  std::istringstream lines(*status);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Uid:")) return static_cast<uid_t>(std::stoul(line.substr(4)));
  }
  return std::nullopt;
}

// Sandboxes end with their launcher, and take a moment for it.
bool inhabited(uid_t first) {
  auto proc = sys::open_path("/proc", O_RDONLY | O_DIRECTORY);
  if (!proc) return true;
  for (const std::string& pid : sys::list_dirs(proc->get())) {
    const auto uid = is_number(pid) ? real_uid(pid) : std::nullopt;
    if (uid && *uid >= first && *uid - first < jail::kIdsPerSlice) return true;
  }
  return false;
}

}  // namespace

std::optional<uid_t> Numbers::take() {
  if (taken_.size() >= count_) return std::nullopt;
  while (!taken_.insert(next_ % count_).second) ++next_;
  return next_++ % count_;
}

sys::Result<HostIds> HostIds::take(const std::string& directory, const std::string& name) {
  TRY(sys::make_dir(directory, 0700));
  const auto start = static_cast<uid_t>(std::hash<std::string>{}(name) % jail::kSlices);
  for (uid_t tried = 0; tried < jail::kSlices; ++tried) {
    const uid_t slice = (start + tried) % jail::kSlices;
    Fd lock = TRY(sys::open_path(directory + "/" + std::to_string(slice), O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) < 0) continue;
    const uid_t first = jail::kFirstHostId + slice * jail::kIdsPerSlice;
    if (!inhabited(first)) return HostIds(std::move(lock), first);
  }
  errno = EUSERS;
  return sys::failure("flock", directory + ": all " + std::to_string(jail::kSlices) +
                                   " ranges of user ids of this host are taken, one by each running worker");
}

std::optional<uid_t> HostIds::take_from(Numbers& numbers, uid_t offset, uid_t each) const {
  const auto number = numbers.take();
  if (!number) return std::nullopt;
  return first_ + offset + *number * each;
}

void HostIds::give_back(uid_t first) {
  const uid_t offset = first - first_;
  if (offset < jail::kFirstDomainOffset) {
    sandboxes_.give_back((offset - jail::kFirstSandboxOffset) / jail::kIdsPerSandbox);
  } else {
    domains_.give_back((offset - jail::kFirstDomainOffset) / jail::kIdsPerDomain);
  }
}

}  // namespace launcher
