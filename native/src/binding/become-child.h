// What a forked Node must repair before it does anything else.
#pragma once

namespace binding {

// A process that could not enter its sandbox, or not be repaired, ends with this status.
constexpr int kEnterFailed = 71;

// Renews libuv's loop and OpenSSL's seed. False when the binary does not export what that takes, or it failed.
bool become_child();

}  // namespace binding
