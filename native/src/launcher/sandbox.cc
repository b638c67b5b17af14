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
#include "sys/process.h"

namespace launcher {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;

constexpr unsigned long long kNamespaces =
    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr int kBuildFailed = 70;
// A hundred times what it takes on a busy machine. A launcher that waited longer would outlive its worker.
constexpr int kBuildTimeoutMs = 5000;
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

Done map_ids(pid_t pid, uint32_t sandbox) {
  const std::string map = "0 " + std::to_string(jail::kFirstHostId + sandbox * jail::kIdsPerSandbox) + " " +
                          std::to_string(jail::kIdsPerSandbox);
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

// A detached, read-only copy of the mount at `source`.
sys::Result<Fd> clone_tree(const std::string& source) {
  Fd tree(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!tree) return sys::failure("open_tree", source);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0) {
    return sys::failure("mount_setattr", source);
  }
  return tree;
}

Done attach_and_resize(const Fd& tree, uint64_t tmp_bytes) {
  if (::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, "/app", MOVE_MOUNT_F_EMPTY_PATH) < 0) {
    return sys::failure("move_mount", "/app");
  }
  const std::string size = jail::scratch_size(tmp_bytes);
  constexpr unsigned long kFlags = MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (::mount(nullptr, "/tmp", nullptr, kFlags, size.c_str()) < 0) return sys::failure("remount", "/tmp");
  return done();
}

// Does what must be done inside the sandbox's mount namespace, and comes back.
Done equip(const Shared& shared, const Fd& init, const std::string& layer, uint64_t tmp_bytes) {
  const Fd tree = TRY(clone_tree("/layers/" + layer + "/app"));
  TRY(sys::set_namespaces(init, CLONE_NEWNS));
  Done equipped = attach_and_resize(tree, tmp_bytes);
  if (::setns(shared.own_mounts, CLONE_NEWNS) < 0) ::_exit(kBuildFailed);  // never go on in a tenant's mounts
  return equipped;
}

}  // namespace

bool valid_layer_name(const std::string& name) {
  return !name.empty() && name.size() < 200 && name[0] != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

std::optional<Sandbox> Sandbox::create(const Shared& shared, const SandboxSpec& spec, jail::StepFailure& failed,
                                       const std::function<void(const Sandbox&)>& conceived) {
  auto group = shared.cgroups->create(spec.id);
  if (!group) {
    failed = {"cgroup", group.failure().text()};
    return std::nullopt;
  }
  Sandbox sandbox;
  sandbox.id_ = spec.id;
  sandbox.cgroup_ = std::move(*group);
  sandbox.runtime_ = spec.runtime;
  sandbox.has_layer_ = !spec.layer.empty();
  auto give_up = [&](const char* step, const sys::Failure& why) {
    failed = {step, why.text()};
    sandbox.abandon_cgroup();
    return std::nullopt;
  };
  if (const Done limited = sandbox.cgroup_.limit(spec.limits); !limited)
    return give_up("cgroup-limits", limited.failure());
  auto mapped = make_pipe();
  auto status = make_pipe();
  if (!mapped || !status) return give_up("pipes", mapped ? status.failure() : mapped.failure());
  auto child = sys::clone_process(kNamespaces);
  if (!child) return give_up("namespaces", child.failure());
  if (child->pid == 0) {
    jail::Blueprint print{"/base/" + spec.runtime, spec.layer.empty() ? "" : "/layers/" + spec.layer,
                          spec.hostname,           spec.limits.tmp_bytes,
                          mapped->read.get(),      shared.lifeline,
                          status->write.get(),     shared.init_program};
    become_init(print, shared.fail_at);
  }
  sandbox.init_pid_ = child->pid;
  sandbox.init_ = std::move(child->pidfd);
  status->write.reset();
  if (const Done ids = map_ids(sandbox.init_pid_, spec.id); !ids) {
    end(sandbox.init_, sandbox.init_pid_);
    return give_up("id-map", ids.failure());
  }
  (void)sys::write_all(mapped->write.get(), "m");
  conceived(sandbox);
  if (!await_up(status->read, failed)) {
    end(sandbox.init_, sandbox.init_pid_);
    sandbox.abandon_cgroup();
    return std::nullopt;
  }
  return sandbox;
}

bool Sandbox::assign(const Shared& shared, const std::string& layer, const Limits& limits, jail::StepFailure& failed) {
  if (has_layer_) {
    failed = {"assign", "the sandbox has a layer already"};
    return false;
  }
  has_layer_ = true;
  if (const Done limited = cgroup_.limit(limits); !limited) {
    failed = {"cgroup-limits", limited.failure().text()};
    return false;
  }
  if (const Done equipped = equip(shared, init_, layer, limits.tmp_bytes); !equipped) {
    failed = {"attach-layer", equipped.failure().text()};
    return false;
  }
  return true;
}

// A fork that waited at the gate may leave a moment after pid 1.
void Sandbox::abandon_cgroup() {
  for (int attempt = 0; attempt < kRemoveAttempts && !cgroup_.remove(); ++attempt) ::usleep(kRemovePauseMicros);
}

void Sandbox::kill() const { (void)sys::send_signal(init_, SIGKILL); }

}  // namespace launcher
