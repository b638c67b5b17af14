// What launcher and zygote say to each other: one SOCK_SEQPACKET message each, fixed layout, same machine and build.
#pragma once

#include <cstdint>

namespace jail {

// launcher → zygote. Descriptors: the instance's channel, the pidfd of the sandbox's pid 1, the gate, then a cgroup
// door a hierarchy. The gate yields a byte once the sandbox is built, and ends when it never will be: a child forked
// early waits there.
struct ForkRequest {
  uint32_t sandbox;
  char fail_at[128];  // failure injection, as of run_plan; empty: none
};

enum class ZygoteEventKind : uint32_t {
  kReady = 1,   // text: JSON of the self-test
  kForked = 2,  // pid
  kExited = 3,  // pid, status as waitpid gives it
  kFailed = 4,  // text: the step and why; a kExited follows when a process was there. Before kReady: of the zygote
};

struct ZygoteEvent {
  ZygoteEventKind kind;
  uint32_t sandbox;
  int32_t pid;
  int32_t status;
  char text[4096];
};

}  // namespace jail
