#include "binding/calm-platform.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace binding {
namespace {

// v8::Platform has fewer virtual functions than this.
constexpr int kSlots = 64;

extern "C" int no_worker_threads(void*) { return 0; }

sys::Done overwrite(void** slot, void* value) {
  const auto page_bytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  void* page = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(slot) & ~(page_bytes - 1));
  if (::mprotect(page, page_bytes, PROT_READ | PROT_WRITE) < 0) return sys::failure("mprotect");
  *slot = value;
  if (::mprotect(page, page_bytes, PROT_READ) < 0) return sys::failure("mprotect");
  return sys::done();
}

}  // namespace

sys::Done calm_platform() {
  auto** vtable = static_cast<void**>(::dlsym(RTLD_DEFAULT, "_ZTVN4node12NodePlatformE"));
  void* workers = ::dlsym(RTLD_DEFAULT, "_ZN4node12NodePlatform21NumberOfWorkerThreadsEv");
  if (vtable != nullptr && workers != nullptr) {
    for (int slot = 0; slot < kSlots; ++slot) {
      if (vtable[slot] == workers) return overwrite(&vtable[slot], reinterpret_cast<void*>(no_worker_threads));
    }
  }
  errno = ENOENT;
  return sys::failure("dlsym", "node::NodePlatform::NumberOfWorkerThreads");
}

}  // namespace binding
