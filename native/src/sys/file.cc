#include "sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sys {
namespace {

constexpr int kLockAttempts = 500;
constexpr int kLockPauseMicros = 10'000;

Result<std::string> read_fd(const Fd& fd, const std::string& path) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = retrying([&] { return ::read(fd.get(), buffer, sizeof buffer); });
    if (got < 0) return failure("read", path);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace

Result<Fd> open_path(const std::string& path, int flags, int mode) {
  const int fd = retrying([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) return failure("open", path);
  return Fd(fd);
}

Result<Fd> open_beneath(const Fd& dir, const std::string& path, int flags, int mode) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.mode = static_cast<__u64>(mode);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = retrying([&] { return ::syscall(SYS_openat2, dir.get(), path.c_str(), &how, sizeof how); });
  if (fd < 0) return failure("openat2", path);
  return Fd(static_cast<int>(fd));
}

Done write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = retrying([&] { return ::write(fd, text.data(), text.size()); });
    if (wrote < 0) return failure("write");
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return done();
}

Done write_file(const Fd& dir, const std::string& path, std::string_view text) {
  const Fd fd = TRY(open_beneath(dir, path, O_WRONLY));
  if (retrying([&] { return ::write(fd.get(), text.data(), text.size()); }) < 0) return failure("write", path);
  return done();
}

Done write_path(const std::string& path, std::string_view text) {
  const Fd fd = TRY(open_path(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  if (retrying([&] { return ::write(fd.get(), text.data(), text.size()); }) < 0) return failure("write", path);
  return done();
}

Result<std::string> read_file(const Fd& dir, const std::string& path) {
  const Fd fd = TRY(open_beneath(dir, path, O_RDONLY));
  return read_fd(fd, path);
}

Result<std::string> read_path(const std::string& path) {
  const Fd fd = TRY(open_path(path, O_RDONLY));
  return read_fd(fd, path);
}

Result<Fd> lock_path(const std::string& path) {
  Fd file = TRY(open_path(path, O_RDWR | O_CREAT, 0600));
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
    ::usleep(kLockPauseMicros);
  }
  return failure("flock", path);
}

Done make_dir(const std::string& path, int mode) {
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) < 0 && errno != EEXIST) return failure("mkdir", path);
  return done();
}

std::vector<std::string> list_dirs(int dir) {
  std::vector<std::string> names;
  const int copy = ::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return names;
  DIR* stream = ::fdopendir(copy);
  if (stream == nullptr) {
    ::close(copy);
    return names;
  }
  while (const dirent* entry = ::readdir(stream)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  ::closedir(stream);
  return names;
}

}  // namespace sys
