#include "bundle-jail/step.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace fn::bundle_jail {
namespace {

std::string chosen;

}  // namespace

void fail_at(std::string_view step) { chosen = step; }

bool injected(std::string_view step) {
  if (chosen.empty() || chosen != step) return false;
  errno = ECANCELED;
  return true;
}

void fail(std::string_view step, std::string_view path) {
  const int error = errno;
  std::fprintf(stderr, "fn-jail: %.*s%s%.*s: %s\n", static_cast<int>(step.size()), step.data(), path.empty() ? "" : " ",
               static_cast<int>(path.size()), path.data(), std::strerror(error));
  std::exit(EXIT_JAIL);
}

void usage(std::string_view reason) {
  std::fprintf(stderr, "fn-jail: %.*s\nusage: fn-jail --ro-bind SRC DST... --chdir DIR -- command args...\n",
               static_cast<int>(reason.size()), reason.data());
  std::exit(EXIT_USAGE);
}

}  // namespace fn::bundle_jail
