// One sandbox as the launcher holds it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "jail/identity.h"
#include "jail/step.h"
#include "launcher/cgroups.h"
#include "launcher/volumes.h"
#include "sys/fd.h"

namespace launcher {

class Sandbox;

// Where among the host's ids, and in whose user and pid namespace, a sandbox is made.
struct Place {
  uid_t first_host_id = 0;
  uid_t id_count = jail::kIdsPerSandbox;
  const Sandbox* domain = nullptr;  // then it is nested there, and has no ids of its own but these
  uid_t slot = 0;                   // among those nested there
  sys::Fd network;                  // namespace of one that ended there; empty: a new one is made
  jail::Ids ids() const { return domain == nullptr ? jail::Ids{} : jail::nested_ids(slot); }
};

// Names below the layers directory; empty: there is none.
struct Layers {
  std::string function;
  std::string dependencies;  // what its app/node_modules holds; the function layer has an empty directory there
};

struct SandboxSpec {
  uint32_t id = 0;
  std::string runtime;
  Layers layers;
  std::string hostname;
  Limits limits;
  Place place;
  std::string fail_at;  // failure injection
};

// What every sandbox of this launcher shares.
struct Shared {
  Cgroups* cgroups = nullptr;
  int lifeline = -1;                 // read end
  int init_program = -1;             // the static init, opened
  int own_mounts = -1;               // the stage's mount namespace
  const Volumes* volumes = nullptr;  // none: where there is no directory for them
  std::string fail_at;               // failure injection
};

class Sandbox {
 public:
  // Either a ready sandbox whose pid 1 runs, or the failed step; nothing is left then. `conceived` is called while it
  // is being built: its pid namespace is there, nothing else may be entered.
  static std::optional<Sandbox> create(const Shared& shared, const SandboxSpec& spec, jail::StepFailure& failed,
                                       const std::function<void(const Sandbox&)>& conceived);

  // Binds the layers at /app and sets the limits. Once, on a sandbox that was made without layers.
  bool assign(const Shared& shared, const Layers& layers, const Limits& limits, jail::StepFailure& failed);
  // Mounts `volumes`, in their order. Only while no tenant's code has run in the sandbox, which is spoilt when it
  // fails.
  bool attach(const Shared& shared, const std::vector<VolumeMount>& volumes, jail::StepFailure& failed) const;
  void kill() const;
  // After pid 1 was reaped. Retried by the caller until true.
  bool remove_cgroup() { return cgroup_.remove(); }

  uint32_t id() const { return id_; }
  pid_t init_pid() const { return init_pid_; }
  const sys::Fd& init() const { return init_; }
  const Cgroup& cgroup() const { return cgroup_; }
  const std::string& runtime() const { return runtime_; }
  const Layers& layers() const { return layers_; }
  // Of the domain that it is nested in; 0: in none.
  uint32_t domain() const { return domain_; }
  uid_t slot() const { return slot_; }
  // Where its own range of the host's ids begins; 0: it is nested.
  uid_t first_host_id() const { return first_host_id_; }
  uid_t function_uid() const { return function_uid_; }
  uint64_t open_files() const { return open_files_; }

 private:
  struct Creation;
  struct Assignment;
  struct Attachment;
  void abandon_cgroup();

  uint32_t id_ = 0;
  pid_t init_pid_ = 0;
  sys::Fd init_;  // pidfd
  Cgroup cgroup_;
  std::string runtime_;
  Layers layers_;
  bool has_layer_ = false;
  uint32_t domain_ = 0;
  uid_t slot_ = 0;
  uid_t first_host_id_ = 0;
  uid_t function_uid_ = jail::kFunction;
  uint64_t open_files_ = 0;
};

// A layer's name must be one path component.
bool valid_layer_name(const std::string& name);

}  // namespace launcher
