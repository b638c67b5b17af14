// The network namespaces that the router works in: the host's, its own, and for a moment a sandbox's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sys/fd.h"
#include "sys/result.h"

namespace router {

class Namespaces {
 public:
  // Leaves the calling thread in a new namespace, the router's own.
  static sys::Result<Namespaces> open();
  // Does something in another namespace and comes back; ends the process rather than go on in a wrong one.
  sys::Done inside(const sys::Fd& other, const std::function<sys::Done()>& work) const;
  const sys::Fd& host() const { return host_; }
  const sys::Fd& own() const { return own_; }
  // The one of a sandbox, by its pid 1. Refuses the host's and the router's own: then the pid is somebody else's by
  // now.
  sys::Result<sys::Fd> of_process(int pid) const;

 private:
  sys::Fd host_, own_;
};

// A file below /proc/sys, in the namespace of the calling thread. The old value comes back.
sys::Result<std::string> set_sysctl(const std::string& key, const std::string& value);

// Runs a program to its end with `input` as its standard input. What it printed, both ways, or a failure that holds it.
struct Ran {
  bool ok;
  std::string output;
};
sys::Result<Ran> run_program(const sys::Fd& netns, const std::vector<std::string>& argv, const std::string& input);

}  // namespace router
