// What lives on Node's event loop, the unreferenced too, which Node itself does not list.
#pragma once

#include <cstdint>
#include <vector>

namespace binding {

struct LoopHandle {
  const char* type;  // "tcp", "timer", …
  bool active;
};

// But those that are closing.
std::vector<LoopHandle> loop_handles();
// Work under way: in the thread pool, a write, a connect, a name being looked up.
uint32_t loop_requests();

}  // namespace binding
