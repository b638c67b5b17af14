#include "binding/become-child.h"

#include <dlfcn.h>

namespace binding {
namespace {

// libuv's loop must forget its parent's epoll set. Source: uv_loop_fork, docs.libuv.org/en/v1.x/loop.html
bool repair_loop() {
  using DefaultLoop = void* (*)();
  using LoopFork = int (*)(void*);
  const auto loop = reinterpret_cast<DefaultLoop>(dlsym(RTLD_DEFAULT, "uv_default_loop"));
  const auto fork_loop = reinterpret_cast<LoopFork>(dlsym(RTLD_DEFAULT, "uv_loop_fork"));
  return loop != nullptr && fork_loop != nullptr && fork_loop(loop()) == 0;
}

// OpenSSL notices a fork by getpid() alone, and pids repeat across pid namespaces.
bool reseed_openssl() {
  using RandPoll = int (*)();
  const auto poll_entropy = reinterpret_cast<RandPoll>(dlsym(RTLD_DEFAULT, "RAND_poll"));
  return poll_entropy != nullptr && poll_entropy() == 1;
}

}  // namespace

bool become_child() { return repair_loop() && reseed_openssl(); }

}  // namespace binding
