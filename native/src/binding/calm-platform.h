// Node's platform, told that it has no worker threads.
#pragma once

#include "sys/result.h"

namespace binding {

// From now on V8 sees zero platform workers and posts no job to them. A forked child has none: on Node 26 the scavenger
// posts jobs even with --single-threaded, and a worker thread (worker_threads) of the child then waits for ever for
// them to drain. Changes one slot of the vtable of node::NodePlatform, found by the address of the function that it
// holds; fails when there is no such slot.
sys::Done calm_platform();

}  // namespace binding
