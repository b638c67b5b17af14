// The host's user ids that this launcher's sandboxes get. Each launcher of a host, of whatever installation, holds a
// slice that no other has.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "jail/identity.h"
#include "sys/fd.h"
#include "sys/result.h"

namespace launcher {

// Numbers below `count`, the next free one after the last given, so that one that was given back rests.
class Numbers {
 public:
  explicit Numbers(uid_t count) : count_(count) {}
  // Nothing when all are taken.
  std::optional<uid_t> take();
  void give_back(uid_t number) { taken_.erase(number); }
  bool empty() const { return taken_.empty(); }

 private:
  uid_t count_;
  std::set<uid_t> taken_;
  uid_t next_ = 0;
};

// Ranges of ids within the slice; named by their first id.
class HostIds {
 public:
  // Locks a free slice by a file below `directory`, which is made. The lock is the kernel's and goes with this process,
  // however it ends; a slice in which a predecessor's processes still die is left to rest. `name` decides which is
  // tried first.
  static sys::Result<HostIds> take(const std::string& directory, const std::string& name);

  std::optional<uid_t> take_sandbox() { return take_from(sandboxes_, jail::kFirstSandboxOffset, jail::kIdsPerSandbox); }
  std::optional<uid_t> take_domain() { return take_from(domains_, jail::kFirstDomainOffset, jail::kIdsPerDomain); }
  void give_back(uid_t first);

 private:
  HostIds(sys::Fd lock, uid_t first) : lock_(std::move(lock)), first_(first) {}
  std::optional<uid_t> take_from(Numbers& numbers, uid_t offset, uid_t each) const;

  sys::Fd lock_;
  uid_t first_;
  Numbers sandboxes_{jail::kMostSandboxes};
  Numbers domains_{jail::kMostDomains};
};

}  // namespace launcher
