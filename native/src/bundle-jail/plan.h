#pragma once

#include <string>
#include <vector>

namespace fn::bundle_jail {

// A file or directory of the host that the jail shows, read-only.
struct Bind {
  std::string source;
  std::string target;
};

// Everything that the command line asks for. Made before the first namespace exists; nothing is decided later.
struct Plan {
  std::vector<Bind> binds;
  // Working directory inside the jail. Its owner is who the command runs as when root starts the jail.
  std::string directory;
  // Failure injection: the words of a step, or empty.
  std::string fail_at;
  // The command and its arguments, ending in a null pointer: points into main's argv.
  std::vector<char*> command;
};

// Reads `--ro-bind SRC DST… --chdir DIR -- cmd args…`. Binds are made in the order given: outer before inner.
// Ends the process with EXIT_USAGE and a reason on anything else.
Plan parse_plan(int argc, char** argv);

}  // namespace fn::bundle_jail
