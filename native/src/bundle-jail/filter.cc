#include "bundle-jail/filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstring>
#include <vector>

#include "bundle-jail/step.h"

namespace fn::bundle_jail {
namespace {

// native/policies/builder.json, compiled.
constexpr unsigned char PROGRAM[] = {
#include "builder-filter.inc"
};

}  // namespace

void filter_calls() {
  std::vector<sock_filter> program(sizeof PROGRAM / sizeof(sock_filter));
  std::memcpy(program.data(), PROGRAM, sizeof PROGRAM);
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), "filter system calls");
}

}  // namespace fn::bundle_jail
