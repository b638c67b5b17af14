// Node marks V8's heap MADV_DONTFORK, so that plain fork children (which only exec) copy less. A zygote's children use
// that heap: this library, preloaded into zygotes, drops that one advice and passes on every other.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int madvise(void* address, size_t length, int advice) noexcept {
  if (advice == MADV_DONTFORK) return 0;
  return static_cast<int>(syscall(SYS_madvise, address, length, advice));
}
