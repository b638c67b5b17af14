// Files, by path below a directory descriptor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"
#include "sys/result.h"

namespace sys {

Result<Fd> open_path(const std::string& path, int flags, int mode = 0);
// Opens strictly below `dir`: no "..", no absolute link, no magic link leads out.
// Source: openat2(2), RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS.
Result<Fd> open_beneath(const Fd& dir, const std::string& path, int flags, int mode = 0);
Done write_all(int fd, std::string_view text);
// Opens, writes in one call (as kernel files want it), closes.
Done write_file(const Fd& dir, const std::string& path, std::string_view text);
Done write_path(const std::string& path, std::string_view text);
Result<std::string> read_file(const Fd& dir, const std::string& path);
Result<std::string> read_path(const std::string& path);
// Made when it is not there. Held while the result lives, at most until the process ends: a predecessor that is still
// dying is waited for, five seconds at most.
Result<Fd> lock_path(const std::string& path);
Done make_dir(const std::string& path, int mode);
std::vector<std::string> list_dirs(int dir);

}  // namespace sys
