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
// Each launcher of a host holds one slice (launcher/host-ids.h): half of it for sandboxes, half for domains.
constexpr uid_t kIdsPerSlice = 0x4000000;
constexpr uid_t kSlices = 35;
constexpr uid_t kFirstSandboxOffset = 0;
constexpr uid_t kFirstDomainOffset = kIdsPerSlice / 2;
constexpr uid_t kMostSandboxes = kFirstDomainOffset / kIdsPerSandbox;
static_assert(kFirstHostId + static_cast<unsigned long long>(kSlices) * kIdsPerSlice <= 0xFFFF0000);

// A domain's user namespace is that of all the sandboxes nested in it too, so its range is larger: its own ids as
// above, then two for each nested sandbox, whose init and function are nobody else.
constexpr uid_t kIdsPerDomain = 32'768;
constexpr uid_t kMostDomains = (kIdsPerSlice - kFirstDomainOffset) / kIdsPerDomain;
constexpr uid_t kFirstNested = 2048;
constexpr uid_t kIdsPerNested = 2;
constexpr uid_t kMostNested = (kIdsPerDomain - kFirstNested) / kIdsPerNested;

struct Ids {
  uid_t init = kInit;
  uid_t function = kFunction;
};
constexpr Ids nested_ids(uid_t slot) {
  const uid_t first = kFirstNested + slot * kIdsPerNested;
  return {first, first + 1};
}

}  // namespace jail
