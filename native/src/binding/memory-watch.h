// V8 does not see its control group, lets garbage grow, and is killed in a limit that its live objects would fit. This
// makes it collect in time: after each of its own collections the group's use is read (one pread, about a
// microsecond), and above a share of the limit V8 is told of memory pressure.
#pragma once

#include <cstdint>
#include <functional>

#include "sys/fd.h"
#include "sys/result.h"

namespace binding {

// Fails on a Node that does not export what this needs.
sys::Done memory_watch_available();

// In a forked child: its group's memory.usage_in_bytes (v1) or memory.current (v2), opened for reading.
void use_memory_gauge(sys::Fd gauge);

// For the calling thread's isolate, once in the life of a process and its clones. `collect` makes V8 collect all
// garbage; it is called between two steps of JavaScript.
sys::Done watch_memory(uint64_t limit_bytes, std::function<void()> collect);

}  // namespace binding
