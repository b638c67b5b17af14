// Tells of the growth of the process: V8 maps the pages of its heap, and Node allocates buffers, without a collection
// coming by for long. What is small is not looked at: one comparison an allocation. And keeps what V8 maps together.
// Preloaded into zygotes.
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
// V8 asks for each page of its heap at an address drawn at random. Every one then has page tables of its own, three of
// them often, which each fork copies and each exit gives back: 820 of 1,096 KiB. Where the kernel puts them, one is
// beside the other. Larger ones, V8's range for code, have a reason to be where they are asked for.
constexpr size_t kLargestPlaced = 64 * 1024 * 1024;

inline bool placed_at_random(const void* address, size_t size, int flags) {
  return address != nullptr && size <= kLargestPlaced && (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0;
}

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
  if (fd < 0 && placed_at_random(address, size, flags)) address = nullptr;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}

void* mmap64(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  return mmap(address, size, protection, flags, fd, offset);
}
}
#pragma GCC visibility pop
