// The counters of one sandbox, through descriptors that stay open: a reading takes a few microseconds on a running
// event loop, where opening the same files takes ten times that.
#pragma once

#include <array>
#include <string>

#include "sys/fd.h"

class Meter {
 public:
  // cpuacct.usage (empty on v2, where cpu.stat tells), cpu.stat, the peak of memory, blkio.throttle.io_service_bytes or
  // io.stat, /proc/<pid>/net/dev. A file that is not there counts nothing.
  static constexpr size_t kFiles = 5;
  // Milliseconds: processor time, held back. Bytes: peak of memory; read from and written to disks; received and sent.
  static constexpr size_t kCounters = 7;
  using Counters = std::array<double, kCounters>;

  explicit Meter(const std::array<std::string, kFiles>& paths);
  // Processor time and memory, or `whole`: all counters; those that are not read stay as they were. Each file costs 2-6
  // microseconds in the midst of other work. False when the group is not there any more: the counters are of no use
  // then.
  bool read(Counters& counters, bool whole) const;
  // Nothing of the sandbox is held open after it. The last descriptor keeps a network namespace alive.
  void close();

 private:
  std::array<sys::Fd, kFiles> files_;
};
