// The launcher: makes sandboxes and zygotes for one worker. Root, single-threaded, started by packages/sandbox.
//
//   launcher --name NAME --work-dir DIR --layers DIR --base RUNTIME=DIR… --init FILE --zygote-filter FILE
//   --instance-filter FILE
//            --template-filter FILE [--volumes DIR] [--ids DIR] [--fail-at STEP]
// Descriptor 3 is its socket to the worker; when that closes, it ends with all that it made.
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "launcher/cgroups.h"
#include "launcher/service.h"
#include "launcher/stage.h"
#include "sys/file.h"

namespace {

using namespace launcher;
using sys::Done;
using sys::Fd;

constexpr int kWorkerSocket = 3;
// The most that a function may ask for. Source: packages/contracts/src/config.ts
constexpr rlim_t kMostOpenFiles = 65'536;

struct Options {
  std::string name, init, zygote_filter, instance_filter, template_filter, fail_at, volumes, ids;
  StageSources stage;
};

bool parse(int argc, char** argv, Options& options) {
  const option known[] = {{"name", 1, nullptr, 'n'},
                          {"work-dir", 1, nullptr, 'w'},
                          {"layers", 1, nullptr, 'l'},
                          {"base", 1, nullptr, 'b'},
                          {"init", 1, nullptr, 'i'},
                          {"zygote-filter", 1, nullptr, 'z'},
                          {"instance-filter", 1, nullptr, 's'},
                          {"template-filter", 1, nullptr, 't'},
                          {"volumes", 1, nullptr, 'v'},
                          {"ids", 1, nullptr, 'u'},
                          {"fail-at", 1, nullptr, 'f'},
                          {nullptr, 0, nullptr, 0}};
  for (int chosen; (chosen = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    const std::string value = optarg == nullptr ? "" : optarg;
    if (chosen == 'n')
      options.name = value;
    else if (chosen == 'w')
      options.stage.work_dir = value;
    else if (chosen == 'l')
      options.stage.layers_dir = value;
    else if (chosen == 'i')
      options.init = value;
    else if (chosen == 'z')
      options.zygote_filter = value;
    else if (chosen == 's')
      options.instance_filter = value;
    else if (chosen == 't')
      options.template_filter = value;
    else if (chosen == 'v')
      options.volumes = value;
    else if (chosen == 'u')
      options.ids = value;
    else if (chosen == 'f')
      options.fail_at = value;
    else if (chosen == 'b' && value.find('=') != std::string::npos)
      options.stage.bases[value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
    else
      return false;
  }
  return !options.name.empty() && !options.ids.empty() && !options.stage.work_dir.empty() &&
         !options.stage.layers_dir.empty();
}

// The worker ends the launcher by closing its socket; signals to the process group are not for it.
sys::Result<Fd> signals() {
  for (const int ignored : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(ignored, SIG_IGN);
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  if (::sigprocmask(SIG_BLOCK, &children, nullptr) < 0) return sys::failure("sigprocmask");
  Fd fd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return sys::failure("signalfd");
  return fd;
}

// Sandboxes read their layers; what they write stays in memory, but for volumes, which lie beside the layers.
std::vector<std::string> disks(const StageSources& sources) {
  std::vector<std::string> paths{sources.layers_dir};
  for (const auto& [runtime, directory] : sources.bases) paths.push_back(directory);
  return paths;
}

// A process can give others no more than it may have itself; a host that keeps its own bound lower than what functions
// may ask for bounds them too. It holds several descriptors a sandbox itself.
void allow_open_files() {
  rlimit own{};
  if (::getrlimit(RLIMIT_NOFILE, &own) < 0) return;
  const rlimit wanted{std::max(own.rlim_max, kMostOpenFiles), std::max(own.rlim_max, kMostOpenFiles)};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
  own.rlim_cur = own.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &own);
}

// Until the worker is gone.
Done serve_with(const Options& options, Cgroups& cgroups) {
  HostIds ids = TRY(HostIds::take(options.ids, options.name));
  Fd child_signals = TRY(signals());
  const Fd init = TRY(sys::open_path(options.init, O_RDONLY));
  Programs programs{TRY(sys::read_path(options.zygote_filter)), TRY(sys::open_path(options.instance_filter, O_RDONLY)),
                    TRY(sys::open_path(options.template_filter, O_RDONLY)), TRY(sys::open_path("/dev/zero", O_RDONLY))};
  std::optional<Volumes> volumes;
  if (!options.volumes.empty()) volumes = TRY(Volumes::open(options.volumes));
  TRY(set_stage(options.stage));
  const Fd own_mounts = TRY(sys::open_path("/proc/self/ns/mnt", O_RDONLY));
  int lifeline[2];
  if (::pipe2(lifeline, O_CLOEXEC) < 0) return sys::failure("pipe2");
  Service service(
      WorkerLink(Fd(kWorkerSocket)),
      Shared{&cgroups, lifeline[0], init.get(), own_mounts.get(), volumes ? &*volumes : nullptr, options.fail_at},
      std::move(programs), std::move(child_signals), std::move(ids));
  service.run();
  return sys::done();
}

Done serve(const Options& options) {
  allow_open_files();
  (void)::setsid();
  if (::fcntl(kWorkerSocket, F_SETFD, FD_CLOEXEC) < 0) return sys::failure("fcntl", "descriptor 3");
  const Fd held = TRY(sys::lock_path(options.stage.work_dir + "/../launcher.lock"));
  // Before the ids: it ends what a predecessor left, which may hold them.
  Cgroups cgroups = TRY(Cgroups::open(options.name, disks(options.stage)));
  Done served = serve_with(options, cgroups);
  if (!served) cgroups.remove_all();
  return served;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr, "launcher: bad arguments; it is started by the worker, not by hand\n");
    return 2;
  }
  if (const Done served = serve(options); !served) {
    std::fprintf(stderr, "launcher: %s\n", served.failure().text().c_str());
    return 1;
  }
  return 0;
}
