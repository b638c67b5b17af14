// Tells of the growth of the process: V8 maps the pages of its heap, and Node allocates buffers, without a collection
// coming by for long. Preloaded into zygotes. What is small is not looked at: one comparison an allocation.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

extern "C" {
// glibc's own names for what is interposed here.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* held, size_t size);
}

namespace {

constexpr size_t kLarge = 64 * 1024;

void (*watcher)(size_t bytes) = nullptr;

inline void note(size_t bytes) {
  if (bytes >= kLarge && watcher != nullptr) watcher(bytes);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

// `grown` is called within mmap, malloc, calloc and realloc of large pieces, on whatever thread asked for one, with its
// size. It must allocate nothing large, and take no lock that an allocator may be called under. Once.
void fn_watch_growth(void (*grown)(size_t bytes)) { watcher = grown; }

void* malloc(size_t size) {
  note(size);
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  note(count * size);
  return __libc_calloc(count, size);
}

void* realloc(void* held, size_t size) {
  note(size);
  return __libc_realloc(held, size);
}

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  if (fd < 0) note(size);
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}

void* mmap64(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  return mmap(address, size, protection, flags, fd, offset);
}
}
#pragma GCC visibility pop
