#pragma once

namespace fn::bundle_jail {

// Installs the builder's seccomp policy, for good. Needs no_new_privs.
void filter_calls();

}  // namespace fn::bundle_jail
