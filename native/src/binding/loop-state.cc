#include "binding/loop-state.h"

#include <uv.h>

namespace binding {
namespace {

void note(uv_handle_t* handle, void* list) {
  if (uv_is_closing(handle) != 0) return;
  static_cast<std::vector<LoopHandle>*>(list)->push_back(
      {uv_handle_type_name(uv_handle_get_type(handle)), uv_is_active(handle) != 0});
}

}  // namespace

std::vector<LoopHandle> loop_handles() {
  std::vector<LoopHandle> handles;
  uv_walk(uv_default_loop(), note, &handles);
  return handles;
}

// Part of libuv's ABI: `uv_loop_alive` reads it inline in older versions of 1.x.
uint32_t loop_requests() { return uv_default_loop()->active_reqs.count; }

}  // namespace binding
