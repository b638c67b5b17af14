#include "binding/memory-watch.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace binding {
namespace {

// The little of V8's interface that is used, found in the node binary. Source: v8-isolate.h, v8-callbacks.h.
using Isolate = void;
using Interrupt = void (*)(Isolate*, void*);
using Epilogue = void (*)(Isolate*, int type, int flags, void* data);
using Growth = void (*)(void (*)(size_t));  // fn_watch_growth of forkable/growth.cc, preloaded
enum Pressure : int { kCritical = 2 };      // v8::MemoryPressureLevel
constexpr int kScavenges = 1 | 2;           // v8::GCType
constexpr int kFullCollections = 4;

struct V8 {
  Isolate* (*current)() = nullptr;
  void (*add_epilogue)(Isolate*, Epilogue, void*, int types) = nullptr;
  void (*interrupt)(Isolate*, Interrupt, void*) = nullptr;
  void (*tell)(Isolate*, Pressure) = nullptr;
};

struct Watch {
  V8 v8;
  Isolate* isolate = nullptr;
  pthread_t thread{};
  sys::Fd gauge;
  std::function<void()> collect;
  uint64_t plain = 0;     // bytes from which on a plain collection is due
  uint64_t critical = 0;  // bytes from which on it is one that gives back all it can
  uint64_t step = 0;      // that much more than after the last collection, or another is in vain
  uint64_t floor = 0;     // least use since the last full collection
  uint64_t grown = 0;     // allocated since the gauge was read
  uint64_t largest = 0;   // piece among them: the next one may be as large
  bool asked = false;
};

Watch watch;

template <class Function>
sys::Done find(const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, name));
  if (function != nullptr) return sys::done();
  errno = ENOENT;
  return sys::failure("dlsym", name);
}

sys::Result<V8> find_v8() {
  V8 v8;
  TRY(find("_ZN2v87Isolate10GetCurrentEv", v8.current));
  TRY(find("_ZN2v87Isolate21AddGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_", v8.add_epilogue));
  TRY(find("_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_", v8.interrupt));
  TRY(find("_ZN2v87Isolate26MemoryPressureNotificationENS_19MemoryPressureLevelE", v8.tell));
  return v8;
}

uint64_t used() {
  char text[32];
  const ssize_t got = ::pread(watch.gauge.get(), text, sizeof text - 1, 0);
  if (got <= 0) return 0;
  text[got] = '\0';
  return std::strtoull(text, nullptr, 10);
}

// Runs between two steps of JavaScript, where a collection may. A plain one leaves pages that have room again; it is
// three times cheaper than that under pressure, which compacts, and comes when the plain one was not enough.
void on_interrupt(Isolate* isolate, void*) {
  watch.asked = false;
  const uint64_t next = used() + watch.largest;
  watch.largest = 0;
  if (next < watch.critical)
    watch.collect();
  else
    watch.v8.tell(isolate, kCritical);
  if (used() >= watch.plain) ::malloc_trim(0);
  watch.floor = used();
}

void look() {
  watch.grown = 0;
  const uint64_t bytes = used();
  watch.floor = std::min(watch.floor, bytes);
  const uint64_t growth = bytes - watch.floor;
  const uint64_t next = bytes + watch.largest;
  const bool due = next >= watch.critical ? growth >= watch.step : next >= watch.plain && growth >= 2 * watch.step;
  if (!due || watch.asked) return;
  watch.asked = true;
  watch.v8.interrupt(watch.isolate, on_interrupt, nullptr);
}

// Within an allocation: V8 may be in the middle of anything.
void on_growth(size_t bytes) {
  if (::pthread_self() != watch.thread) return;
  watch.grown += bytes;
  watch.largest = std::max(watch.largest, static_cast<uint64_t>(bytes));
  if (watch.grown >= watch.step) look();
}

// Inside a collection: nothing may be collected here.
void after_collection(Isolate*, int type, int, void*) {
  if (type == kFullCollections) watch.floor = used();
  look();
}

}  // namespace

sys::Done memory_watch_available() {
  TRY(find_v8());
  Growth watch_growth = nullptr;
  return find("fn_watch_growth", watch_growth);
}

// The watch that a clone has of its template goes on with the clone's own group.
void use_memory_gauge(sys::Fd gauge) {
  watch.gauge = std::move(gauge);
  watch.floor = used();
  watch.grown = 0;
}

sys::Done watch_memory(uint64_t limit_bytes, std::function<void()> collect) {
  watch.v8 = TRY(find_v8());
  watch.collect = std::move(collect);
  watch.plain = limit_bytes / 100 * 85;
  watch.critical = limit_bytes / 100 * 93;
  watch.step = limit_bytes / 32;
  watch.floor = used();
  watch.isolate = watch.v8.current();
  watch.thread = ::pthread_self();
  watch.v8.add_epilogue(watch.isolate, after_collection, nullptr, kScavenges | kFullCollections);
  Growth watch_growth = nullptr;
  TRY(find("fn_watch_growth", watch_growth));
  watch_growth(on_growth);
  return sys::done();
}

}  // namespace binding
