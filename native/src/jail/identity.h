// Who is who inside a sandbox. Inner ids; the user namespace maps 0…kIdsPerSandbox-1 to a host range that no other
// sandbox has.
#pragma once

#include <sys/types.h>

namespace jail {

constexpr uid_t kRoot = 0;         // builds the sandbox, then is nobody's
constexpr uid_t kInit = 1;         // pid 1: another uid than the function's, so that it cannot be signalled
constexpr uid_t kFunction = 1000;  // the function's processes
constexpr uid_t kIdsPerSandbox = 1024;
// Above every range that distributions and systemd-nspawn hand out (systemd: UIDS-GIDS.md).
constexpr uid_t kFirstHostId = 0x70000000;
constexpr uid_t kMostSandboxes = 2'000'000;

// A domain's user namespace is that of all the sandboxes nested in it too, so its range is larger: its own ids as
// above, then two for each nested sandbox, whose init and function are nobody else.
constexpr uid_t kFirstDomainHostId = 0xEB000000;
constexpr uid_t kIdsPerDomain = 32'768;
constexpr uid_t kMostDomains = 10'000;
constexpr uid_t kFirstNested = 2048;
constexpr uid_t kIdsPerNested = 2;
constexpr uid_t kMostNested = (kIdsPerDomain - kFirstNested) / kIdsPerNested;
static_assert(kFirstHostId + kMostSandboxes * kIdsPerSandbox < kFirstDomainHostId);
static_assert(kFirstDomainHostId + static_cast<unsigned long long>(kMostDomains) * kIdsPerDomain < 0xFFFF0000);

struct Ids {
  uid_t init = kInit;
  uid_t function = kFunction;
};
constexpr Ids nested_ids(uid_t slot) {
  const uid_t first = kFirstNested + slot * kIdsPerNested;
  return {first, first + 1};
}

}  // namespace jail
