// Time that only goes forward.
#pragma once

#include <time.h>

#include <cstdint>

namespace launcher {

inline int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace launcher
