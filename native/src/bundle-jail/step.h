#pragma once

#include <string_view>

namespace fn::bundle_jail {

// The jail was asked for wrongly.
inline constexpr int EXIT_USAGE = 64;
// A step of building the jail failed: nothing was run.
inline constexpr int EXIT_JAIL = 125;
// The command itself could not be started.
inline constexpr int EXIT_EXEC = 127;

// One line on stderr, `fn-jail: <step>[ <path>]: <reason>`, then exit with EXIT_JAIL. Reads errno.
[[noreturn]] void fail(std::string_view step, std::string_view path = {});

// Prints the usage and a reason, exits with EXIT_USAGE.
[[noreturn]] void usage(std::string_view reason);

// From now on the step of these words fails whatever comes of it. Empty: none.
void fail_at(std::string_view step);

// Sets errno when failure was asked for here.
bool injected(std::string_view step);

// Fails the named step when `result` is negative; else hands it on.
template <typename Number>
Number must(Number result, std::string_view step, std::string_view path = {}) {
  if (result < 0 || injected(step)) fail(step, path);
  return result;
}

}  // namespace fn::bundle_jail
