#include "launcher/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "jail/build.h"
#include "jail/identity.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"

namespace launcher {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

constexpr unsigned long long kNestedNamespaces =
    CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr unsigned long long kNamespaces = CLONE_NEWUSER | kNestedNamespaces;
constexpr int kBuildFailed = 70;
// A hundred times what it takes on a busy machine. A launcher that waited longer would outlive its worker.
constexpr int kBuildTimeoutMs = 5000;
// Where packages are that the bundle does not hold, in a sandbox and in a layer of dependencies.
constexpr const char* kDependencies = "/app/node_modules";
constexpr int kRemoveAttempts = 100;
constexpr int kRemovePauseMicros = 1000;

struct Pipe {
  Fd read;
  Fd write;
};

sys::Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return sys::failure("pipe2");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Runs in the clone. The launcher is single-threaded, so its heap is sound here.
[[noreturn]] void become_init(jail::Blueprint& print, const std::string& fail_at) {
  jail::StepFailure failed;
  if (jail::run_plan(jail::build_plan(), print, fail_at, failed)) {
    // Said before the exec, which takes half a millisecond: a fork may enter meanwhile. If it fails, the sandbox ends.
    (void)sys::write_all(print.status, "u");
    char name[] = "init";
    char* const argv[] = {name, nullptr};
    char* const envp[] = {nullptr};
    ::execveat(print.init_program, "", argv, envp, AT_EMPTY_PATH);
    failed = {"exec", sys::failure("execveat", "init").text()};
  }
  (void)sys::write_all(print.status, "f" + failed.step + "\n" + failed.text);
  ::_exit(kBuildFailed);
}

Done map_ids(pid_t pid, const Place& place) {
  const std::string map = "0 " + std::to_string(place.first_host_id) + " " + std::to_string(place.id_count);
  const std::string proc = "/proc/" + std::to_string(pid);
  TRY(sys::write_path(proc + "/uid_map", map));
  return sys::write_path(proc + "/gid_map", map);
}

// "u": all is built. "f<step>\n<text>": a step failed. Nothing: it died.
bool await_up(const Fd& status, jail::StepFailure& failed) {
  pollfd readable{status.get(), POLLIN, 0};
  if (sys::retrying([&] { return ::poll(&readable, 1, kBuildTimeoutMs); }) == 0) {
    failed = {"init", "the sandbox was not built in time"};
    return false;
  }
  char buffer[1024];
  const ssize_t got = sys::retrying([&] { return ::read(status.get(), buffer, sizeof buffer); });
  const std::string said(buffer, got > 0 ? static_cast<size_t>(got) : 0);
  if (said == "u") return true;
  const size_t newline = said.find('\n');
  failed = newline == std::string::npos ? jail::StepFailure{"init", "ended before it was up"}
                                        : jail::StepFailure{said.substr(1, newline - 1), said.substr(newline + 1)};
  return false;
}

void end(const Fd& pidfd, pid_t pid) {
  (void)sys::send_signal(pidfd, SIGKILL);
  sys::retrying([&] { return ::waitpid(pid, nullptr, 0); });
}

std::string layer_path(const std::string& name) { return name.empty() ? "" : "/layers/" + name; }

// Moves a detached mount to an empty directory of the mount namespace that the caller is in.
Done attach(const Fd& tree, const char* path) {
  if (::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0) {
    return sys::failure("move_mount", path);
  }
  return done();
}

}  // namespace

bool valid_layer_name(const std::string& name) {
  return !name.empty() && name.size() < 200 && name[0] != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

// What making a sandbox takes, outside it. Its steps run in the launcher; those of build_plan() in the clone.
struct Sandbox::Creation {
  const Shared& shared;
  const SandboxSpec& spec;
  Sandbox& sandbox;
  Pipe mapped{};
  Pipe status{};

  static Done make_cgroup(Creation& making) {
    making.sandbox.cgroup_ = TRY(making.shared.cgroups->create(making.spec.id));
    return done();
  }
  static Done limit_cgroup(Creation& making) { return making.sandbox.cgroup_.limit(making.spec.limits); }
  static Done make_pipes(Creation& making) {
    making.mapped = TRY(make_pipe());
    making.status = TRY(make_pipe());
    return done();
  }
  static Done clone_namespaces(Creation& making) {
    const Sandbox* domain = making.spec.place.domain;
    const int network = making.spec.place.network.get();
    const auto nested = kNestedNamespaces & ~(network < 0 ? 0ULL : CLONE_NEWNET);
    auto child = domain == nullptr ? TRY(sys::clone_process(kNamespaces))
                                   : TRY(sys::clone_process_inside({domain->init(), network}, nested));
    if (child.pid == 0) making.become_first();
    making.sandbox.init_pid_ = child.pid;
    making.sandbox.init_ = std::move(child.pidfd);
    making.status.write.reset();
    return done();
  }
  static Done map_identities(Creation& making) {
    if (making.spec.place.domain != nullptr) return done();
    TRY(map_ids(making.sandbox.init_pid_, making.spec.place));
    return sys::write_all(making.mapped.write.get(), "m");
  }

  [[noreturn]] void become_first() const {
    jail::Blueprint print{"/base/" + spec.runtime,
                          layer_path(spec.layers.function),
                          layer_path(spec.layers.dependencies),
                          spec.hostname,
                          spec.limits.tmp_bytes,
                          spec.limits.tmp_files,
                          spec.place.ids(),
                          spec.place.domain == nullptr ? mapped.read.get() : -1,
                          shared.lifeline,
                          status.write.get(),
                          shared.init_program};
    become_init(print, spec.fail_at);
  }

  static constexpr jail::Step<Creation> kPlan[] = {{"cgroup", make_cgroup},
                                                   {"cgroup-limits", limit_cgroup},
                                                   {"pipes", make_pipes},
                                                   {"clone", clone_namespaces},
                                                   {"map-ids", map_identities}};
};

// A pool sandbox becomes a version's. From `enter-mounts` on the launcher is in the sandbox's mount namespace.
struct Sandbox::Assignment {
  Sandbox& sandbox;
  const Layers& layers;
  const Limits& limits;
  Fd tree{};
  Fd dependencies{};

  static Done limit_cgroup(Assignment& given) { return given.sandbox.cgroup_.limit(given.limits); }
  static Done open_layer(Assignment& given) {
    // Not a bind of the directory: mountinfo would tell the function where it is on the host.
    given.tree = TRY(sys::overlay_tree(layer_path(given.layers.function) + "/app:/empty"));
    return done();
  }
  static Done open_dependencies(Assignment& given) {
    if (given.layers.dependencies.empty()) return done();
    given.dependencies = TRY(sys::overlay_tree(layer_path(given.layers.dependencies) + kDependencies + ":/empty"));
    return done();
  }
  static Done enter_mounts(Assignment& given) { return sys::set_namespaces(given.sandbox.init_, CLONE_NEWNS); }
  static Done attach_layer(Assignment& given) { return launcher::attach(given.tree, "/app"); }
  static Done attach_dependencies(Assignment& given) {
    return given.dependencies ? launcher::attach(given.dependencies, kDependencies) : done();
  }
  static Done resize_scratch(Assignment& given) {
    const std::string size = jail::scratch_size(given.limits.tmp_bytes, given.limits.tmp_files);
    constexpr unsigned long kFlags = MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (::mount(nullptr, "/tmp", nullptr, kFlags, size.c_str()) < 0) return sys::failure("remount", "/tmp");
    return done();
  }

  static constexpr jail::Step<Assignment> kPlan[] = {
      {"assign-limits", limit_cgroup},   {"open-layer", open_layer},     {"open-dependencies", open_dependencies},
      {"enter-mounts", enter_mounts},    {"attach-layer", attach_layer}, {"attach-dependencies", attach_dependencies},
      {"resize-scratch", resize_scratch}};
};

// One volume comes into a sandbox. From `enter-volume-mounts` on the launcher is in the sandbox's mount namespace.
struct Sandbox::Attachment {
  const Sandbox& sandbox;
  const Volumes* volumes;
  const VolumeMount& volume;
  Fd tree{};
  Fd target{};

  static Done mount_volume(Attachment& given) {
    errno = ENOSYS;
    if (given.volumes == nullptr) return sys::failure("volumes", "this launcher has none");
    const Fd owner = TRY(sys::open_path("/proc/" + std::to_string(given.sandbox.init_pid_) + "/ns/user", O_RDONLY));
    given.tree = TRY(given.volumes->mount(given.volume, owner));
    return done();
  }
  static Done make_target(Attachment& given) { return make_mount_point(given.sandbox.init_, given.volume.path); }
  static Done enter_mounts(Attachment& given) { return sys::set_namespaces(given.sandbox.init_, CLONE_NEWNS); }
  static Done open_target(Attachment& given) {
    const Fd root = TRY(sys::open_path("/", O_PATH | O_DIRECTORY));
    given.target = TRY(sys::open_beneath(root, given.volume.path.substr(1), O_PATH | O_DIRECTORY | O_NOFOLLOW));
    return done();
  }
  static Done attach_volume(Attachment& given) {
    constexpr unsigned kFlags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    if (::syscall(SYS_move_mount, given.tree.get(), "", given.target.get(), "", kFlags) < 0)
      return sys::failure("move_mount", given.volume.path);
    return done();
  }

  static constexpr jail::Step<Attachment> kPlan[] = {{"mount-volume", mount_volume},
                                                     {"volume-directory", make_target},
                                                     {"enter-volume-mounts", enter_mounts},
                                                     {"open-volume-target", open_target},
                                                     {"attach-volume", attach_volume}};
};

std::optional<Sandbox> Sandbox::create(const Shared& shared, const SandboxSpec& spec, jail::StepFailure& failed,
                                       const std::function<void(const Sandbox&)>& conceived) {
  Sandbox sandbox;
  sandbox.id_ = spec.id;
  sandbox.runtime_ = spec.runtime;
  sandbox.layers_ = spec.layers;
  sandbox.has_layer_ = !spec.layers.function.empty();
  if (spec.place.domain != nullptr) sandbox.domain_ = spec.place.domain->id();
  sandbox.slot_ = spec.place.slot;
  sandbox.first_host_id_ = spec.place.first_host_id;
  sandbox.function_uid_ = spec.place.ids().function;
  sandbox.open_files_ = spec.limits.open_files;
  Creation making{shared, spec, sandbox};
  bool made = jail::run_plan<Creation>(Creation::kPlan, making, spec.fail_at, failed);
  if (made) conceived(sandbox);
  made = made && await_up(making.status.read, failed);
  if (made) return sandbox;
  if (sandbox.init_pid_ > 0) end(sandbox.init_, sandbox.init_pid_);
  sandbox.abandon_cgroup();
  return std::nullopt;
}

bool Sandbox::assign(const Shared& shared, const Layers& layers, const Limits& limits, jail::StepFailure& failed) {
  if (has_layer_) {
    failed = {"assign", "the sandbox has a layer already"};
    return false;
  }
  has_layer_ = true;
  open_files_ = limits.open_files;
  Assignment given{*this, layers, limits};
  const bool assigned = jail::run_plan<Assignment>(Assignment::kPlan, given, shared.fail_at, failed);
  if (::setns(shared.own_mounts, CLONE_NEWNS) < 0) ::_exit(kBuildFailed);  // never go on in a tenant's mounts
  return assigned;
}

bool Sandbox::attach(const Shared& shared, const std::vector<VolumeMount>& volumes, jail::StepFailure& failed) const {
  for (const VolumeMount& volume : volumes) {
    Attachment given{*this, shared.volumes, volume};
    const bool attached = jail::run_plan<Attachment>(Attachment::kPlan, given, shared.fail_at, failed);
    if (::setns(shared.own_mounts, CLONE_NEWNS) < 0) ::_exit(kBuildFailed);  // never go on in a tenant's mounts
    if (!attached) return false;
  }
  return true;
}

// A fork that waited at the gate may leave a moment after pid 1.
void Sandbox::abandon_cgroup() {
  for (int attempt = 0; attempt < kRemoveAttempts && !cgroup_.remove(); ++attempt) ::usleep(kRemovePauseMicros);
}

void Sandbox::kill() const { (void)sys::send_signal(init_, SIGKILL); }

}  // namespace launcher
