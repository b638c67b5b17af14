#include "binding/meter.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

#include "sys/file.h"

namespace {

constexpr size_t kTextBytes = 16 * 1024;
constexpr double kNanosPerMs = 1e6;
constexpr double kMicrosPerMs = 1e3;

enum File { kCpuAccount, kCpuStat, kMemoryPeak, kDisk, kNetwork };
enum Counter { kCpuMs, kThrottledMs, kMemoryPeakBytes, kDiskRead, kDiskWrite, kReceived, kSent };

double number_at(std::string_view text, size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  uint64_t value = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return static_cast<double>(value);
}

// The sum of the numbers that follow each `key`; 0 when there is none.
double sum_after(std::string_view text, std::string_view key) {
  double sum = 0;
  for (size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1))
    sum += number_at(text, at + key.size());
  return sum;
}

double word(std::string_view line, int index) {
  size_t at = line.find_first_not_of(' ');
  for (; index > 0 && at != std::string_view::npos; --index) at = line.find_first_not_of(' ', line.find(' ', at));
  return at == std::string_view::npos ? 0 : number_at(line, at);
}

// Each line is `name: received, 7 more, sent, …`, behind two of titles. Source: proc_pid_net(5).
void count_network(std::string_view text, Meter::Counters& counters) {
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view line = text.substr(from, end - from);
    from = end + 1;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.substr(0, colon).ends_with("lo")) continue;
    const std::string_view numbers = line.substr(colon + 1);
    counters[kReceived] += word(numbers, 0);
    counters[kSent] += word(numbers, 8);
  }
}

}  // namespace

Meter::Meter(const std::array<std::string, kFiles>& paths) {
  for (size_t at = 0; at < kFiles; ++at) {
    if (!paths[at].empty()) files_[at] = sys::Fd(::open(paths[at].c_str(), O_RDONLY | O_CLOEXEC));
  }
}

bool Meter::read(Counters& counters, bool whole) const {
  char buffer[kTextBytes];
  const auto text = [&](File file) -> std::string_view {
    const ssize_t got = files_[file] ? ::pread(files_[file].get(), buffer, sizeof buffer, 0) : 0;
    return {buffer, got > 0 ? static_cast<size_t>(got) : 0};
  };
  const std::string_view peak = text(kMemoryPeak);
  if (peak.empty()) return false;
  counters[kMemoryPeakBytes] = number_at(peak, 0);
  const bool accounts_apart = static_cast<bool>(files_[kCpuAccount]);
  if (accounts_apart) counters[kCpuMs] = number_at(text(kCpuAccount), 0) / kNanosPerMs;
  if (whole || !accounts_apart) {
    const std::string_view stat = text(kCpuStat);
    if (!accounts_apart) counters[kCpuMs] = sum_after(stat, "usage_usec ") / kMicrosPerMs;
    counters[kThrottledMs] =
        sum_after(stat, "throttled_usec ") / kMicrosPerMs + sum_after(stat, "throttled_time ") / kNanosPerMs;
  }
  if (!whole) return true;
  const std::string_view disk = text(kDisk);
  counters[kDiskRead] = sum_after(disk, "rbytes=") + sum_after(disk, " Read ");
  counters[kDiskWrite] = sum_after(disk, "wbytes=") + sum_after(disk, " Write ");
  counters[kReceived] = counters[kSent] = 0;
  count_network(text(kNetwork), counters);
  return true;
}

void Meter::close() {
  for (sys::Fd& file : files_) file.reset();
}
