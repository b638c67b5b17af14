// The outcome of a system call: a value, or which call failed, why, and on what.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

namespace sys {

struct Failure {
  const char* call;  // "mount"
  int error;         // errno
  std::string on;    // path or other operand; may be empty

  std::string text() const {
    std::string out = call;
    if (!on.empty()) out += " " + on;
    return out + ": " + strerror(error);
  }
};

inline Failure failure(const char* call, std::string on = {}) { return Failure{call, errno, std::move(on)}; }

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Failure failed) : state_(std::move(failed)) {}
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const Failure& failure() const { return std::get<1>(state_); }

 private:
  std::variant<T, Failure> state_;
};

struct Nothing {};
using Done = Result<Nothing>;
inline Done done() { return Nothing{}; }

// Runs a call until it is not interrupted. Never for close: on Linux the descriptor is gone either way.
template <class Call>
auto retrying(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

}  // namespace sys

// Leaves the enclosing function with the failure, else yields the value.
#define TRY(expression)                           \
  ({                                              \
    auto try_result = (expression);               \
    if (!try_result) return try_result.failure(); \
    std::move(*try_result);                       \
  })
