// Descriptors that a forked child has from its zygote and must not: they are shared with every other child.
#pragma once

#include <sys/types.h>

#include <vector>

#include "sys/result.h"

namespace jail {

// Node's inner pipes, eventfds and epoll sets, as the zygote has them.
class Inherited {
 public:
  // Everything open now, but 0-2 and `own`, which the caller closes itself.
  static sys::Result<Inherited> list(const std::vector<int>& own);
  // In the child, before its loop is repaired: puts /dev/null in the place of each. The numbers stay taken, since Node
  // still knows them. What fork handlers have already renewed (another pipe under the same number) is left alone.
  sys::Done replace() const;

 private:
  struct Descriptor {
    int fd;
    dev_t device;
    ino_t inode;
  };
  std::vector<Descriptor> all_;
};

}  // namespace jail
