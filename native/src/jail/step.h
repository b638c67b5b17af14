// A plan is an ordered list of named steps; each is mandatory, and its name is in the error.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sys/result.h"

namespace jail {

template <class Context>
struct Step {
  const char* name;
  sys::Done (*run)(Context&);
};

struct StepFailure {
  std::string step;
  std::string text;
};

// A build for the paired controls of security tests (`make controls`, -DJAIL_CONTROLS) can leave steps out:
// `skip:<step>,<step>` in the place of `fail_at`. Any other build has no way to.
inline bool left_out([[maybe_unused]] const std::string& meddling, [[maybe_unused]] const char* step) {
#ifdef JAIL_CONTROLS
  constexpr std::string_view kSkip = "skip:";
  if (!meddling.starts_with(kSkip)) return false;
  return ("," + meddling.substr(kSkip.size()) + ",").find("," + std::string(step) + ",") != std::string::npos;
#else
  return false;
#endif
}

// Runs the steps in order up to the first that fails. `fail_at` names a step that is made to fail, for tests of the
// clean-up.
template <class Context>
bool run_plan(std::span<const Step<Context>> plan, Context& context, const std::string& fail_at, StepFailure& failed) {
  for (const Step<Context>& step : plan) {
    if (left_out(fail_at, step.name)) continue;
    if (fail_at == step.name) {
      failed = {step.name, "failure injected"};
      return false;
    }
    if (const sys::Done outcome = step.run(context); !outcome) {
      failed = {step.name, outcome.failure().text()};
      return false;
    }
  }
  return true;
}

}  // namespace jail
