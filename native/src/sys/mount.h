// Mounts, one thin function a call.
#pragma once

#include <string>

#include "sys/fd.h"
#include "sys/result.h"

namespace sys {

Done mount(const char* type, const std::string& target, unsigned long flags, const std::string& options = {});
Done bind(const std::string& source, const std::string& target);
// Recursive bind of a tree, mounts below it included.
Done bind_tree(const std::string& source, const std::string& target);
// Changes the flags of a mount, not of its file system.
Done remount(const std::string& target, unsigned long flags);
// A copy of the mount of a directory, which is nowhere: what is opened through it has a path that ends at that
// directory.
Result<Fd> clone_tree(const Fd& directory);
// A read-only overlay of these directories, which is nowhere yet: mountinfo shows them as they are named here.
Result<Fd> overlay_tree(const std::string& lower);
Done make_private(const std::string& target);
// Makes `new_root` the root and drops the old one.
// Source: pivot_root(2), NOTES, the "." "." idiom.
Done pivot_root(const std::string& new_root);

}  // namespace sys
