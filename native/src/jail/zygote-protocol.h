// What the launcher and what forks for it (a zygote, a template) say to each other: one SOCK_SEQPACKET message each,
// fixed layout, same machine and build.
#pragma once

#include <cstdint>

namespace jail {

// Every request brings the instance's channel, the gate and the gauge of its sandbox's memory, then what its kind
// needs, then a cgroup door a hierarchy.
// The gate yields a byte once the sandbox is built, and ends when it never will be: a child forked early waits there.
enum class ForkKind : uint32_t {
  kInstance = 1,  // to a zygote: the pidfd of the sandbox's pid 1
  kTemplate = 2,  // to a zygote: the same, and the template's socket to the launcher
  kNested = 3,    // to a template: the sandbox's namespaces, as in kNestedNamespaces
};

struct ForkRequest {
  ForkKind kind;
  uint32_t sandbox;
  uint32_t uid;  // the function's, inside
  uint32_t open_files;
  char fail_at[128];  // failure injection, as of run_plan; empty: none
};

enum class ZygoteEventKind : uint32_t {
  kReady = 1,   // text: JSON of the self-test
  kForked = 2,  // pid; a template's child says so itself, and the kernel adds who that is
  kExited = 3,  // pid, status as waitpid gives it
  kFailed = 4,  // text: the step and why; a kExited follows when a process was there. Before kReady: of the zygote
  kFrozen = 5,  // of a template. text: what speaks against it, a reason a line; empty: it takes requests
};

struct ZygoteEvent {
  ZygoteEventKind kind;
  uint32_t sandbox;
  int32_t pid;
  int32_t status;
  char text[4096];
};

// In order, by their names in /proc/<pid>/ns. A pidfd would not do: setns(2) on one asks for ptrace rights over pid 1.
constexpr const char* kNestedNamespaces[] = {"pid", "net", "ipc", "uts", "mnt"};

}  // namespace jail
