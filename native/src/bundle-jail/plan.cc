#include "bundle-jail/plan.h"

#include <string_view>

#include "bundle-jail/step.h"

namespace fn::bundle_jail {
namespace {

// Takes the value after a flag. Paths are absolute, so that they mean the same inside and outside.
std::string take_path(int argc, char** argv, int& at) {
  if (++at >= argc) usage("a flag lacks its value");
  std::string path = argv[at];
  if (path.empty() || path.front() != '/') usage("paths must be absolute");
  return path;
}

}  // namespace

Plan parse_plan(int argc, char** argv) {
  Plan plan;
  int at = 1;
  for (; at < argc; ++at) {
    const std::string_view flag = argv[at];
    if (flag == "--") break;
    if (flag == "--ro-bind") {
      std::string source = take_path(argc, argv, at);
      plan.binds.push_back({std::move(source), take_path(argc, argv, at)});
    } else if (flag == "--chdir") {
      plan.directory = take_path(argc, argv, at);
    } else if (flag == "--fail-at" && at + 1 < argc) {
      plan.fail_at = argv[++at];
    } else {
      usage("unknown flag");
    }
  }
  for (++at; at < argc; ++at) plan.command.push_back(argv[at]);
  if (plan.command.empty()) usage("no command after --");
  if (plan.directory.empty()) usage("--chdir is missing");
  plan.command.push_back(nullptr);
  return plan;
}

}  // namespace fn::bundle_jail
