// Condition variables that survive fork. glibc's remember waiters (in groups) that do not exist in a forked child,
// where a signal can then wait for them for ever. These keep nothing but a sequence number: a waiter sleeps while the
// number is the one that it saw. Spurious wake-ups happen, as POSIX allows. Source: futex(2); the classic sequence
// design, e.g. in bionic.
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace {

struct Condition {
  std::atomic<unsigned> sequence;
  unsigned monotonic;  // clock of pthread_cond_timedwait
  unsigned shared;     // between processes
};
static_assert(sizeof(Condition) <= sizeof(pthread_cond_t));

Condition* of(pthread_cond_t* condition) { return reinterpret_cast<Condition*>(condition); }

int futex_flags(const Condition* condition) { return condition->shared != 0 ? 0 : FUTEX_PRIVATE_FLAG; }

int wait(Condition* condition, pthread_mutex_t* mutex, const timespec* until, bool monotonic) {
  if (until != nullptr && (until->tv_nsec < 0 || until->tv_nsec >= 1'000'000'000)) return EINVAL;
  const unsigned seen = condition->sequence.load(std::memory_order_relaxed);
  if (const int error = pthread_mutex_unlock(mutex); error != 0) return error;
  const int operation = FUTEX_WAIT_BITSET | futex_flags(condition) | (monotonic ? 0 : FUTEX_CLOCK_REALTIME);
  const long result = syscall(SYS_futex, &condition->sequence, operation, seen, until, nullptr, FUTEX_BITSET_MATCH_ANY);
  const bool timed_out = result < 0 && errno == ETIMEDOUT;
  const int locked = pthread_mutex_lock(mutex);
  return locked != 0 ? locked : (timed_out ? ETIMEDOUT : 0);
}

int wake(Condition* condition, int waiters) {
  condition->sequence.fetch_add(1, std::memory_order_release);
  syscall(SYS_futex, &condition->sequence, FUTEX_WAKE | futex_flags(condition), waiters, nullptr, nullptr, 0);
  return 0;
}

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT int pthread_cond_init(pthread_cond_t* condition, const pthread_condattr_t* attributes) noexcept {
  clockid_t clock = CLOCK_REALTIME;
  int shared = PTHREAD_PROCESS_PRIVATE;
  if (attributes != nullptr) {
    pthread_condattr_getclock(attributes, &clock);
    pthread_condattr_getpshared(attributes, &shared);
  }
  new (condition) Condition{0, clock == CLOCK_MONOTONIC ? 1U : 0U, shared == PTHREAD_PROCESS_SHARED ? 1U : 0U};
  return 0;
}

EXPORT int pthread_cond_destroy(pthread_cond_t*) noexcept { return 0; }
EXPORT int pthread_cond_signal(pthread_cond_t* condition) noexcept { return wake(of(condition), 1); }
EXPORT int pthread_cond_broadcast(pthread_cond_t* condition) noexcept { return wake(of(condition), INT_MAX); }

EXPORT int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  return wait(of(condition), mutex, nullptr, false);
}

EXPORT int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  return wait(of(condition), mutex, until, of(condition)->monotonic != 0);
}

EXPORT int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                                  const timespec* until) {
  return wait(of(condition), mutex, until, clock == CLOCK_MONOTONIC);
}
