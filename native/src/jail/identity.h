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

}  // namespace jail
