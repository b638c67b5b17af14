#include "jail/inherited.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "sys/fd.h"

namespace jail {

sys::Result<Inherited> Inherited::list(const std::vector<int>& own) {
  Inherited inherited;
  DIR* stream = ::opendir("/proc/self/fd");
  if (stream == nullptr) return sys::failure("opendir", "/proc/self/fd");
  while (const dirent* entry = ::readdir(stream)) {
    const int fd = std::atoi(entry->d_name);
    struct stat found {};
    const bool kept = fd <= 2 || fd == ::dirfd(stream) || std::find(own.begin(), own.end(), fd) != own.end();
    if (!kept && ::fstat(fd, &found) == 0) inherited.all_.push_back({fd, found.st_dev, found.st_ino});
  }
  ::closedir(stream);
  return inherited;
}

sys::Done Inherited::replace() const {
  const sys::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return sys::failure("open", "/dev/null");
  for (const Descriptor& descriptor : all_) {
    struct stat found {};
    if (::fstat(descriptor.fd, &found) < 0) continue;
    if (found.st_dev != descriptor.device || found.st_ino != descriptor.inode) continue;
    if (::dup3(null.get(), descriptor.fd, O_CLOEXEC) < 0) return sys::failure("dup3");
  }
  return sys::done();
}

}  // namespace jail
