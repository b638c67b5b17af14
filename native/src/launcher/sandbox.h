// One sandbox as the launcher holds it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "jail/step.h"
#include "launcher/cgroups.h"
#include "sys/fd.h"

namespace launcher {

struct SandboxSpec {
  uint32_t id = 0;
  std::string runtime;
  std::string layer;  // a name below the layers directory, or empty
  std::string hostname;
  Limits limits;
};

// What every sandbox of this launcher shares.
struct Shared {
  Cgroups* cgroups = nullptr;
  int lifeline = -1;      // read end
  int init_program = -1;  // the static init, opened
  int own_mounts = -1;    // the stage's mount namespace
  std::string fail_at;    // failure injection
};

class Sandbox {
 public:
  // Either a ready sandbox whose pid 1 runs, or the failed step; nothing is left then. `conceived` is called while it
  // is being built: its pid namespace is there, nothing else may be entered.
  static std::optional<Sandbox> create(const Shared& shared, const SandboxSpec& spec, jail::StepFailure& failed,
                                       const std::function<void(const Sandbox&)>& conceived);

  // Binds `layer` at /app and sets the limits. Once, on a sandbox that was made without a layer.
  bool assign(const Shared& shared, const std::string& layer, const Limits& limits, jail::StepFailure& failed);
  void kill() const;
  // After pid 1 was reaped. Retried by the caller until true.
  bool remove_cgroup() { return cgroup_.remove(); }

  uint32_t id() const { return id_; }
  pid_t init_pid() const { return init_pid_; }
  const sys::Fd& init() const { return init_; }
  const Cgroup& cgroup() const { return cgroup_; }
  const std::string& runtime() const { return runtime_; }

 private:
  struct Creation;
  struct Assignment;
  void abandon_cgroup();

  uint32_t id_ = 0;
  pid_t init_pid_ = 0;
  sys::Fd init_;  // pidfd
  Cgroup cgroup_;
  std::string runtime_;
  bool has_layer_ = false;
};

// A layer's name must be one path component.
bool valid_layer_name(const std::string& name);

}  // namespace launcher
