#pragma once

#include "bundle-jail/plan.h"

namespace fn::bundle_jail {

// Replaces this process's root directory by a read-only one that holds the plan's binds and three devices, nothing
// else. Needs a mount namespace of its own and CAP_SYS_ADMIN over it. The old root is unreachable afterwards.
// @source mount_setattr(2), open_tree(2), pivot_root(2)
void enter_root(const Plan& plan);

}  // namespace fn::bundle_jail
